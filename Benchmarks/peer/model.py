"""The network of BLPSeg as a researcher would write it in PyTorch.

Parameters and buffers are named as in the published checkpoints. Local aggregation is dense, as its formula reads:
every image takes matrices of [positions, positions].
"""

import torch
import torch.nn as nn
import torch.nn.functional as F

BLOCKS = {"resnet50": (3, 4, 6, 3), "resnet101": (3, 4, 23, 3)}
UNLABELLED_WEIGHT = 0.02
IGNORED = 255


def resized(x, size, align_corners=False):
    return F.interpolate(x, size=size, mode="bilinear", align_corners=align_corners)


def conv_bn_relu(inputs, outputs, kernel):
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


class Bottleneck(nn.Module):
    expansion = 4

    def __init__(self, inputs, width, stride=1):
        super().__init__()
        outputs = width * self.expansion
        self.conv1 = nn.Conv2d(inputs, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride=stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, outputs, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(outputs)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = None
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride=stride, bias=False), nn.BatchNorm2d(outputs)
            )

    def forward(self, x):
        shortcut = x if self.downsample is None else self.downsample(x)
        x = self.relu(self.bn1(self.conv1(x)))
        x = self.relu(self.bn2(self.conv2(x)))
        return self.relu(self.bn3(self.conv3(x)) + shortcut)


class ResNet(nn.Module):
    """Features at strides 4, 8, 16 and 32, with a stem of three 3x3 convolutions."""

    def __init__(self, blocks):
        super().__init__()
        self.conv1 = nn.Sequential(
            nn.Conv2d(3, 64, 3, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(64),
            nn.ReLU(inplace=True),
            nn.Conv2d(64, 64, 3, padding=1, bias=False),
            nn.BatchNorm2d(64),
            nn.ReLU(inplace=True),
            nn.Conv2d(64, 128, 3, padding=1, bias=False),
        )
        self.bn1 = nn.BatchNorm2d(128)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        self.layernorm = nn.LayerNorm(128)  # Unused; it lies in the published checkpoints.
        self.inputs = 128
        self.layer1 = self.stage(64, blocks[0], stride=1)
        self.layer2 = self.stage(128, blocks[1], stride=2)
        self.layer3 = self.stage(256, blocks[2], stride=2)
        self.layer4 = self.stage(512, blocks[3], stride=2)

    def stage(self, width, blocks, stride):
        layers = [Bottleneck(self.inputs, width, stride)]
        self.inputs = width * Bottleneck.expansion
        layers += [Bottleneck(self.inputs, width) for _ in range(blocks - 1)]
        return nn.Sequential(*layers)

    def forward(self, x):
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        features = []
        for stage in (self.layer1, self.layer2, self.layer3, self.layer4):
            x = stage(x)
            features.append(x)
        return features


class PyramidPooling(nn.Module):
    def __init__(self, inputs, width, dropout, sizes=(1, 2, 3, 6)):
        super().__init__()
        self.stages = nn.ModuleList(
            nn.Sequential(nn.AdaptiveAvgPool2d(size), nn.Conv2d(inputs, width, 1, bias=False), nn.BatchNorm2d(width))
            for size in sizes
        )
        self.bottleneck = nn.Sequential(
            *conv_bn_relu(inputs + width * len(sizes), width, 1), nn.Dropout2d(dropout)
        )

    def forward(self, x):
        size = x.shape[2:]
        pooled = [resized(stage(x), size, align_corners=True) for stage in self.stages]
        return self.bottleneck(torch.cat([*pooled, x], dim=1))


class UPerNetDecoder(nn.Module):
    def __init__(self, inputs, width):
        super().__init__()
        self.lateral_convs = nn.ModuleList(conv_bn_relu(channels, width, 1) for channels in inputs)
        self.fpn_convs = nn.ModuleList(conv_bn_relu(width, width, 3) for _ in inputs)
        self.fpn_bottleneck = conv_bn_relu(width * (len(inputs) + 1), width, 3)

    def forward(self, features, pooled):
        levels = [conv(feature) for conv, feature in zip(self.lateral_convs, features)] + [pooled]
        for i in range(len(levels) - 1, 0, -1):
            levels[i - 1] = levels[i - 1] + resized(levels[i], levels[i - 1].shape[2:])
        finer = [conv(level) for conv, level in zip(self.fpn_convs, levels)]
        outputs = [resized(level, finer[0].shape[2:]) for level in (*finer, pooled)]
        return self.fpn_bottleneck(torch.cat(outputs, dim=1))


class ShallowEmbedding(nn.Module):
    """The feature that local aggregation compares, one for each 4x4 patch of the image."""

    def __init__(self, width, patch=4):
        super().__init__()
        self.patch = patch
        self.proj = nn.Conv2d(3, width, patch, stride=patch)
        self.norm = nn.LayerNorm(width)
        self.conv = nn.Conv2d(width, width, 1)

    def forward(self, image):
        height, width = image.shape[2:]
        x = self.proj(F.pad(image, (0, -width % self.patch, 0, -height % self.patch)))
        x = self.norm(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        return self.conv(x)


class LocalAggregation(nn.Module):
    def __init__(self, sigma=6.0, epsilon=1e-7):
        super().__init__()
        self.sigma = sigma
        self.epsilon = epsilon
        self.tables = {}

    def distance_table(self, height, width, device=None):
        """Weights exp(-d^2 / (2 sigma^2)) of all pairs of positions, [1, height * width, height * width], kept."""
        if (height, width) not in self.tables:
            rows, columns = (torch.arange(side, device=device).float() for side in (height, width))
            rows = (rows[:, None] - rows).square()
            columns = (columns[:, None] - columns).square()
            squared = (rows[:, None, :, None] + columns[None, :, None, :]).reshape(height * width, height * width)
            self.tables[height, width] = squared.div_(-2 * self.sigma**2).exp_().unsqueeze(0)
        return self.tables[height, width]

    def forward(self, features, values):
        height, width = values.shape[2:]
        table = self.distance_table(height, width, values.device).to(features.dtype)
        f = features.flatten(2)
        v = values.flatten(2)
        # Rows are targets and columns sources.
        weights = torch.softmax(torch.bmm(f.transpose(1, 2), f), dim=2) * table
        sums = weights.sum(dim=2, keepdim=True) + self.epsilon
        out = torch.bmm(weights, v.transpose(1, 2)) / sums
        return out.transpose(1, 2).reshape(values.shape)


def head(width, classes):
    return nn.Sequential(
        nn.Conv2d(width, width, 1, bias=False),
        nn.ReLU(inplace=True),
        nn.Conv2d(width, width, 1, bias=False),
        nn.ReLU(inplace=True),
        nn.Conv2d(width, classes, 1),
    )


class BLPSeg(nn.Module):
    """Logits at image size, [N, C, H, W]; in training also those of the scribble head, [N, C + 1, H, W]."""

    def __init__(self, classes=21, backbone="resnet101", width=256, dropout=0.1):
        super().__init__()
        self.backbone = ResNet(BLOCKS[backbone])
        self.ppm = PyramidPooling(2048, width, dropout)
        self.decoder = UPerNetDecoder((256, 512, 1024), width)
        self.seg_head = head(width, classes)
        self.scribble_head = head(width, classes + 1)
        self.embed_proj = ShallowEmbedding(width)
        self.aggregation = LocalAggregation()
        weight = torch.ones(classes + 1)
        weight[classes] = UNLABELLED_WEIGHT
        self.CELoss = nn.CrossEntropyLoss(weight, ignore_index=IGNORED)
        for part in (self.ppm, self.decoder, self.seg_head, self.scribble_head, self.embed_proj):
            for layer in part.modules():
                if isinstance(layer, nn.Conv2d):
                    nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, image):
        size = image.shape[2:]
        features = self.backbone(image)
        decoded = self.decoder(features[:3], self.ppm(features[3]))
        values = self.seg_head(decoded)
        shallow = self.embed_proj(image)
        if shallow.shape[2:] != values.shape[2:]:
            shallow = resized(shallow, values.shape[2:])
        logits = resized(self.aggregation(shallow, values), size)
        if not self.training:
            return logits
        return logits, resized(self.scribble_head(decoded.detach()), size)
