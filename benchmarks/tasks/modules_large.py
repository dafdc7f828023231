"""modules_large: a step of the 784-100-10 perceptron at batch 64, through Module and optimizer."""

from .perceptron import module_contenders

TITLE = "784-100-10 perceptron, batch 64: through Sequential, CrossEntropyLoss and SGD with momentum"
globals().update(module_contenders(784, 100, 10, 64))
