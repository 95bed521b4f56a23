"""Load a model that was trained and downloaded on the draw-a-digit page, and use it.

    pip install torch safetensors
    python use_model.py my-model.safetensors

Needs nothing but torch and safetensors. Images are (N, 28, 28) floats in [0, 1], ink = 1.
"""

import json
import sys
from itertools import pairwise

import torch
from safetensors import safe_open
from torch import nn

ACTIVATIONS = {"relu": nn.ReLU, "sigmoid": nn.Sigmoid, "tanh": nn.Tanh}


def load(path):
    """The network in the file `path`, as a function from images to (N, 10) probabilities."""
    with safe_open(path, framework="pt") as file:
        config = json.loads(file.metadata()["config"])
        weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a dict

    sizes = [784, *config["hidden_sizes"]]
    layers = []
    for number, (inputs, units) in enumerate(pairwise(sizes)):
        linear = nn.Linear(inputs, units)
        linear.weight.data = weights[f"hidden.{number}.linear.weight"]
        linear.bias.data = weights[f"hidden.{number}.linear.bias"]
        layers.append(linear)
        if config["normalization"] == "batch":
            norm = nn.BatchNorm1d(units)
            prefix = f"hidden.{number}.norm."
            norm.load_state_dict({name: weights[prefix + name] for name in norm.state_dict()})
            layers.append(norm)
        layers.append(ACTIVATIONS[config["activation"]]())
    output = nn.Linear(sizes[-1], len(weights["output.bias"]))
    output.weight.data, output.bias.data = weights["output.weight"], weights["output.bias"]
    network = nn.Sequential(*layers, output).eval()

    def probabilities(images):
        with torch.no_grad():
            pixels = (images.reshape(len(images), 784) - config["mean"]) / config["std"]
            logits = network(pixels)[:, :10]
            return torch.softmax(logits / config["temperature"], dim=1)

    return probabilities


if __name__ == "__main__":
    read = load(sys.argv[1])
    print("A blank image:", [round(value, 3) for value in read(torch.zeros(1, 28, 28))[0].tolist()])
