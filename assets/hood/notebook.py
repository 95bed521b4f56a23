# %% [markdown]
# # Learning to read digits
#
# A network of your own, from the pictures to the answer, with the settings that you chose on the page
# "Draw a digit". It needs PyTorch, torchvision and matplotlib alone:
#
#     pip install torch torchvision matplotlib
#
# With the same seed it learns from the same pictures in the same order as on the page, so its losses
# are the page's.

# %% settings
hidden_sizes = [128, 64]
activation = "relu"
mean, std = 0.5, 0.5
optimizer_name = "sgd"
learning_rate = 0.01
schedule = "constant"
batch_size = 64
epochs = 5
weight_decay = 0.0
dropout = 0.0
label_smoothing = 0.0
train_size = 60_000
shuffle_labels = False
seed = 0

# %% [markdown]
# ## The data
#
# MNIST: 60,000 digits to learn from and 10,000 to measure on. `ToTensor` turns grey levels into numbers
# from 0 to 1, `Normalize` moves and stretches them.

# %%
import math

import matplotlib.pyplot as plt
import torch
from torch import nn, optim
from torch.nn import functional
from torchvision import datasets, transforms

torch.set_num_threads(1)  # a network of this size is quickest on one
transform = transforms.Compose([transforms.ToTensor(), transforms.Normalize((mean,), (std,))])
train_set = datasets.MNIST("MNIST_data", download=True, train=True, transform=transform)
test_set = datasets.MNIST("MNIST_data", download=True, train=False, transform=transform)

image, label = train_set[0]
print(image.shape, label, image.min(), image.max())

# %%
figure, axes = plt.subplots(2, 10, figsize=(10, 2.4))
for axis, picture, digit in zip(axes.flat, train_set.data, train_set.targets):
    axis.imshow(picture, cmap="gray_r")
    axis.set_title(int(digit), fontsize=9)
    axis.axis("off")

# %% [markdown]
# All pictures at once, as one tensor of floats: quicker than to transform them one by one, with the same
# numbers. The page keeps the last twelfth of the training pictures to measure on, wherever it can.


# %%
def as_tensor(data):
    """Every picture as `transform` gives it, flattened: (N, 784); and its label: (N,)."""
    pixels = data.data.float().div(255).view(len(data), 784)
    return (pixels - mean) / std, data.targets


def pictures_to_learn_from(count):
    kept = count - count // 12
    if train_size > count - count // 60:
        return torch.arange(min(train_size, count))
    if train_size >= kept:
        return torch.arange(kept)
    return torch.randperm(kept, generator=torch.Generator().manual_seed(seed))[:train_size]


inputs, labels = as_tensor(train_set)
chosen = pictures_to_learn_from(len(labels))
inputs, labels = inputs[chosen], labels[chosen]
if shuffle_labels:  # each picture gets another's label: nothing is left to learn but by heart
    labels = labels[torch.randperm(len(labels), generator=torch.Generator().manual_seed(seed))]
test_inputs, test_labels = as_tensor(test_set)
print(inputs.shape, test_inputs.shape)

# %% [markdown]
# ## A network from scratch
#
# 784 inputs, 256 hidden units with a sigmoid, 10 outputs with softmax. Its weights are random: its
# probabilities add up to 1 and mean nothing yet.


# %%
def sigmoid(x):
    return 1 / (1 + torch.exp(-x))


def softmax(x):
    """The largest is taken away first, which changes nothing but keeps `exp` from overflowing."""
    exps = torch.exp(x - x.max(dim=1, keepdim=True).values)
    return exps / exps.sum(dim=1, keepdim=True)


w1, b1 = torch.randn(784, 256), torch.randn(256)
w2, b2 = torch.randn(256, 10), torch.randn(10)
hidden = sigmoid(inputs[:64] @ w1 + b1)
probabilities = softmax(hidden @ w2 + b2)
print(probabilities.shape, probabilities.sum(dim=1)[:5])

# %% [markdown]
# ## The same in PyTorch
#
# Your network as an `nn.Module`, and as an `nn.Sequential` on the same weights.

# %%
ACTIVATIONS = {"relu": nn.ReLU, "sigmoid": nn.Sigmoid, "tanh": nn.Tanh}
generator = torch.Generator().manual_seed(seed)  # of all that is random from here on


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        sizes = [784, *hidden_sizes]
        self.hidden = nn.ModuleList(nn.Linear(*pair) for pair in zip(sizes[:-1], sizes[1:]))
        self.output = nn.Linear(sizes[-1], 10)
        self.activation = ACTIVATIONS[activation]()
        with torch.no_grad():  # PyTorch's own first weights, drawn from our generator
            for layer in [*self.hidden, self.output]:
                bound = 1 / math.sqrt(layer.in_features)
                layer.weight.uniform_(-bound, bound, generator=generator)
                layer.bias.uniform_(-bound, bound, generator=generator)

    def forward(self, x):
        for layer in self.hidden:
            x = self.activation(layer(x))
            if self.training and dropout:
                mask = torch.empty_like(x).bernoulli_(1 - dropout, generator=generator)
                x = x * mask / (1 - dropout)
        return self.output(x)


model = Network()
chain = []
for layer in model.hidden:
    chain += [layer, ACTIVATIONS[activation]()]
sequential = nn.Sequential(*chain, model.output)
print(model)
print(sequential)

# %% [markdown]
# ## Loss
#
# Cross-entropy takes logits. `LogSoftmax` with `NLLLoss` gives the same number.

# %%
model.eval()
logits = model(inputs[:64])
print(nn.CrossEntropyLoss()(logits, labels[:64]))
print(nn.NLLLoss()(nn.LogSoftmax(dim=1)(logits), labels[:64]))

# %% [markdown]
# ## Autograd
#
# PyTorch writes down what is done with a number that has `requires_grad`, and goes back through it:
# the slope of the mean of x² is x / 2.

# %%
x = torch.randn(2, 2, requires_grad=True)
y = x**2
z = y.mean()
print(y.grad_fn)
z.backward()
print(x.grad)
print(x / 2)

# %%
print("Before backward:", model.output.weight.grad)
loss = functional.cross_entropy(model(inputs[:64]), labels[:64])
loss.backward()
print("After backward:", model.output.weight.grad.abs().max())

# %% [markdown]
# ## Training
#
# Over and over: forget the last gradients, see how wrong the answers are, work out the slopes, take a
# step down.

# %%
if optimizer_name == "adam":
    optimizer = optim.AdamW(model.parameters(), lr=learning_rate, weight_decay=weight_decay)
else:
    optimizer = optim.SGD(
        model.parameters(),
        lr=learning_rate,
        momentum=0.9 if optimizer_name == "momentum" else 0.0,
        nesterov=optimizer_name == "momentum",
        weight_decay=weight_decay,
    )


def rate_at(progress):
    """The learning rate at `progress` in [0, 1] of the training."""
    if schedule == "constant":
        return learning_rate
    if progress < 0.25:  # one-cycle: up over the first quarter, then down to nothing
        return learning_rate * (0.1 + 0.9 * progress / 0.25)
    return learning_rate * (1 - progress) / 0.75


# %% augmentation
def varied(images):
    """This training takes the pictures as they are."""
    return images


# %% loop
losses = []
steps = math.ceil(len(labels) / batch_size)
model.train()
for epoch in range(epochs):
    running_loss = 0
    shuffled = torch.randperm(len(labels), generator=generator)
    for step, index in enumerate(shuffled.split(batch_size)):
        images = varied(inputs[index])
        for group in optimizer.param_groups:
            group["lr"] = rate_at((epoch + step / steps) / epochs)

        optimizer.zero_grad()
        logits = model(images)
        loss = functional.cross_entropy(logits, labels[index])
        # Smoothed labels keep some doubt; the loss that is told is of the labels as they are.
        functional.cross_entropy(logits, labels[index], label_smoothing=label_smoothing).backward()
        optimizer.step()

        running_loss += loss.item()
        losses.append(loss.item())
    print(f"Training loss: {running_loss / steps:.4f}")

# %%
model.eval()
with torch.no_grad():
    right = (model(test_inputs).argmax(dim=1) == test_labels).float().mean().item()
print(f"Right on the test pictures: {right:.2%}")

# %% [markdown]
# ## The answer
#
# A digit beside its ten probabilities.


# %%
def view_classify(picture, probabilities):
    figure, (left, right) = plt.subplots(figsize=(6, 3), ncols=2)
    left.imshow(picture, cmap="gray_r")
    left.axis("off")
    right.barh(range(10), probabilities)
    right.set_yticks(range(10))
    right.invert_yaxis()
    right.set_xlim(0, 1.1)
    right.set_title("Probability")


with torch.no_grad():
    probabilities = functional.softmax(model(test_inputs[:1]), dim=1)[0]
view_classify(test_set.data[0], probabilities)
