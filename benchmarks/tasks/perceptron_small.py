"""perceptron_small: a step of the 784-30-10 perceptron at batch 10, on raw tensors."""

from .perceptron import contenders

TITLE = "784-30-10 perceptron, batch 10: forward, backward, SGD update"
globals().update(contenders(784, 30, 10, 10))
