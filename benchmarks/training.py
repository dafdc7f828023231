"""training: a step of a network through modules and optimizer, the same lines in tinygrad_edu and in PyTorch."""

import importlib


def step_of(library, model_of, problem, **sgd):
    """A step of `model_of(nn)` on the inputs and labels of `problem`, by SGD; it returns the loss."""
    nn, optim = importlib.import_module(f"{library}.nn"), importlib.import_module(f"{library}.optim")
    x, labels = map(importlib.import_module(library).tensor, problem)
    model, loss_of = model_of(nn), nn.CrossEntropyLoss()
    optimizer = optim.SGD(model.parameters(), **sgd)

    def step():
        optimizer.zero_grad()
        loss = loss_of(model(x), labels)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step
