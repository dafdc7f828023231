"""epoch: 10,000 digits through the 784-100-10 perceptron once, shuffled, at batch 64, each with its own DataLoader."""

TITLE = "784-100-10 perceptron: an epoch of 10,000 digits at batch 64, loader included"


def digits():
    """Images of shape (10000, 784) from 0 to 1, and their labels."""
    from tinygrad_edu import data

    board = data.digits()
    return board.images.reshape(-1, 784).astype("float32") / 255, board.labels


def epochs(nn, optim, loader):
    """The loop that everybody writes."""
    model = nn.Sequential(nn.Linear(784, 100), nn.ReLU(), nn.Linear(100, 10))
    loss_of, optimizer = nn.CrossEntropyLoss(), optim.SGD(model.parameters(), lr=0.1)

    def epoch():
        total = 0.0
        for x, y in loader:
            optimizer.zero_grad()
            loss = loss_of(model(x), y)
            loss.backward()
            optimizer.step()
            total += loss.item()
        return total / len(loader)

    return epoch


def tinygrad_edu():
    import tinygrad_edu as tg
    from tinygrad_edu import data, nn, optim

    images, labels = digits()
    rows = data.TensorDataset(tg.tensor(images), tg.tensor(labels))
    return epochs(nn, optim, data.DataLoader(rows, 64, shuffle=True))


def pytorch():
    import torch
    from torch import nn, optim
    from torch.utils.data import DataLoader, TensorDataset

    images, labels = digits()
    rows = TensorDataset(torch.tensor(images), torch.tensor(labels))
    return epochs(nn, optim, DataLoader(rows, 64, shuffle=True))
