"""golden: texts that were read and found good; `UPDATE_GOLDEN=1 pytest tests/test_explain.py` writes them anew."""
