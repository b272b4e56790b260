target_sources(pointsman_engine PRIVATE
  model/adapter_head.cc model/calibrated_head.cc model/constant_head.cc model/encoder.cc model/encoder_config.cc model/encoder_weights.cc
  model/experts_head.cc model/familiar_head.cc model/head_checks.cc model/head_program.cc model/heads.cc model/join_head.cc model/key_store.cc model/linear_head.cc model/mix_head.cc
  model/mlp_head.cc model/neighbour_head.cc model/pairwise_head.cc model/projected_head.cc model/relative_bias.cc
  model/safetensors.cc model/stack_head.cc model/standardised_head.cc model/weight_reader.cc)
