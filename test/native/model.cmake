pointsman_native_test(model_test
  model/encoder_config_test.cc model/encoder_test.cc model/encoder_weights_test.cc model/experts_head_test.cc model/heads_refused_test.cc
  model/heads_test.cc model/plain_encoder.cc model/safetensors_test.cc model/safetensors_writer.cc model/tiny_model.cc)
pointsman_native_test(engine_test
  model/engine_test.cc model/head_registry_test.cc model/model_registry_test.cc model/plain_encoder.cc
  model/safetensors_writer.cc model/second_pass_test.cc model/tiny_model.cc)
# Its own program: it replaces operator new.
pointsman_native_test(allocation_test
  model/allocation_test.cc model/safetensors_writer.cc model/tiny_model.cc)
