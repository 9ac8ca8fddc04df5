import BLPSegKit

// A training loop of one's own: the network, the published losses and AdamW on noise with two strokes; then the scores of the
// trained network in its two halves. Prints the first and the last loss.
let classes = 3
let network = try BLPSeg(
  BLPSegConfiguration(backbone: .resnet18, classCount: classes, decoderWidth: 16), ParameterStore(seed: 1))
let optimizer = try AdamW(network.store.parameters)
let images = try Tensor.normal([2, 3, 64, 64], .float32, on: .cpu, Generator(seed: 2))
// Class 0 on the upper rows, 1 on the lower ones, and `classes` where nothing is scribbled.
let rows = (0..<64).map { row -> Int64 in row < 4 ? 0 : row > 60 ? 1 : Int64(classes) }
let labels = try Tensor((0..<2).flatMap { _ in rows.flatMap { [Int64](repeating: $0, count: 64) } }, [2, 64, 64])

var losses: [Double] = []
for _ in 0..<20 {
  optimizer.clearGradients()
  let output = try network(images, .training)
  let scribbles = try output.scribbleLogits()
  let loss =
    try blpLoss(output.logits(), scribbleLogits: scribbles, labels: labels, gamma: 2)
    + scribbleLoss(scribbles, labels, classWeight: network.scribbleClassWeight)
  try loss.backward()
  try optimizer.step(learningRate: 1e-3)
  losses.append(try loss.item())
}
print("loss falls", losses[0] > losses[19], losses[0], losses[19])

let inference = try network.folded()
let encoded = try inference.encode(images)
let scores = try withInference { try inference.scores(of: encoded) }
print("scores", scores.scores.shape, "of", scores.height, "x", scores.width)
