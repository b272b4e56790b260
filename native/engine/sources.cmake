target_sources(pointsman_engine PRIVATE
  engine/encoder_model.cc engine/engine.cc engine/features.cc engine/head_group.cc engine/head_registry.cc engine/model_registry.cc
  engine/packed_batch.cc engine/second_pass.cc engine/wide_encoder.cc)
