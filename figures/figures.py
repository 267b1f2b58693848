#!/usr/bin/env python3
"""Draws all the figures: python3 figures/figures.py, or make figures. The same tables give the same bytes."""
import os

import curves
import diagrams
import functions
import pictures

FOLDER = os.path.dirname(os.path.abspath(__file__))
FIGURES = {
    'network': diagrams.network,
    'chain': diagrams.chain,
    'fully-connected': diagrams.fully_connected,
    'convolution': diagrams.convolution,
    'channels': diagrams.channels,
    'max-pooling': diagrams.max_pooling,
    'architecture': diagrams.architecture,
    'descent': curves.descent,
    'learning': curves.learning,
    'optimisers': curves.optimisers,
    'v-curve': curves.v_curve,
    'speed': curves.speed,
    'roofline': curves.roofline,
    'activation-functions': functions.activation_functions,
    'softmax': functions.softmax,
    'cross-entropy': functions.cross_entropy,
    'correlation': pictures.correlation,
    'filters': pictures.filters,
    'activations': pictures.activations,
    'confusion': pictures.confusion,
    'wrong-digits': pictures.wrong_digits,
}


def main():
    for name, draw in FIGURES.items():
        path = os.path.join(FOLDER, name + '.svg')
        with open(path + '.new', 'w', encoding='utf-8', newline='\n') as file:
            file.write(draw().svg())
        os.replace(path + '.new', path)


if __name__ == '__main__':
    main()
