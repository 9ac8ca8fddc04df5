"""The losses and the training step of BLPSeg as a researcher would write them in PyTorch."""

import torch
import torch.nn.functional as F

LEARNING_RATE = 3e-5


def blp_loss(logits, scribble_logits, labels, gamma=2.0):
    """Cross entropy of `logits` [N, C, H, W] where `labels` [N, H, W] are below C, weighted by (1 - U P)^gamma."""
    supervised = labels < logits.shape[1]
    target = labels.where(supervised, 0).unsqueeze(1)
    log_probability = F.log_softmax(logits, dim=1).gather(1, target).squeeze(1)
    with torch.no_grad():
        annotated = F.softmax(scribble_logits, dim=1).gather(1, target).squeeze(1)
        weight = (1 - annotated * log_probability.exp()) ** gamma * supervised
    loss = -(weight * log_probability).sum(dim=(1, 2)) / (weight.sum(dim=(1, 2)) + 1e-7)
    return loss.mean()


def adamw(network):
    return torch.optim.AdamW(
        network.parameters(), lr=LEARNING_RATE, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01
    )


def training_step(network, optimizer, images, labels):
    """Scribble loss and BLP loss of one step that is supervised by the scribbles alone."""
    optimizer.zero_grad()
    logits, scribble_logits = network(images)
    scribble = network.CELoss(scribble_logits, labels)
    segmentation = blp_loss(logits, scribble_logits, labels)
    (scribble + segmentation).backward()
    optimizer.step()
    return scribble.item(), segmentation.item()
