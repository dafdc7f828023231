"""modules_small: a step of the 784-30-10 perceptron at batch 10, through Module and optimizer."""

from .perceptron import module_contenders

TITLE = "784-30-10 perceptron, batch 10: through Sequential, CrossEntropyLoss and SGD with momentum"
globals().update(module_contenders(784, 30, 10, 10))
