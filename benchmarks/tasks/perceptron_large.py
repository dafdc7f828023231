"""perceptron_large: a step of the 784-100-10 perceptron at batch 64, on raw tensors."""

from .perceptron import contenders

TITLE = "784-100-10 perceptron, batch 64: forward, backward, SGD update"
globals().update(contenders(784, 100, 10, 64))
