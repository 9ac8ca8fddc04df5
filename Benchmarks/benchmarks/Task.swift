/// Something that both sides do, or the bound that ours is held against.
enum Task: String, CaseIterable {
  case trainingStepFloat32 = "training_step_float32"
  case trainingStepBFloat16 = "training_step_bfloat16"
  case singleViewFloat32 = "single_view_float32"
  case singleViewBFloat16 = "single_view_bfloat16"
  case multiScaleFloat32 = "multi_scale_float32"
  case multiScaleBFloat16 = "multi_scale_bfloat16"
  case localAggregationForward = "local_aggregation_forward"
  case localAggregationBackward = "local_aggregation_backward"
  case loading
  case denseCRF = "dense_crf"
  case startUp = "start_up"
  /// The matrix products of local aggregation alone, in LibTorch.
  case localAggregationProducts = "local_aggregation_products"
  case localAggregationBackwardProducts = "local_aggregation_backward_products"

  /// The peer's name of it: the peer computes in float32 whatever we do.
  var peerName: String? {
    switch self {
    case .trainingStepFloat32, .trainingStepBFloat16: "training_step"
    case .singleViewFloat32, .singleViewBFloat16: "single_view"
    case .multiScaleFloat32, .multiScaleBFloat16: "multi_scale"
    case .localAggregationProducts, .localAggregationBackwardProducts: nil
    default: rawValue
    }
  }

  /// What is compared per core runs in one thread on both sides.
  var isPerCore: Bool { self == .loading || self == .denseCRF }

  var meaning: String {
    switch self {
    case .trainingStepFloat32: "training step, two crops of 384, float32"
    case .trainingStepBFloat16: "the same, ours in bfloat16"
    case .singleViewFloat32: "one view of 500 x 375, float32"
    case .singleViewBFloat16: "the same, ours in bfloat16"
    case .multiScaleFloat32: "4 scales x mirror of 500 x 375, float32"
    case .multiScaleBFloat16: "the same, ours in bfloat16"
    case .localAggregationForward: "local aggregation of two 96 x 96 grids, D 256, C 21"
    case .localAggregationBackward: "its backward pass"
    case .loading: "loading and varying 32 photographs of 500 x 375, one thread"
    case .denseCRF: "dense CRF of 500 x 375, 21 classes, one step, one thread"
    case .startUp: "from start to a network that is ready"
    case .localAggregationProducts: "matrix products of local aggregation alone"
    case .localAggregationBackwardProducts: "matrix products of its backward pass alone"
    }
  }
}
