pointsman_native_test(text_test
  text/added_tokens_test.cc text/focus_test.cc text/limits_test.cc text/normalizer_test.cc
  text/surface_features_test.cc
  text/text_boundary_test.cc text/text_view_test.cc text/tiny_tokenizer.cc
  text/tokenizer_config_test.cc text/tokenizer_test.cc text/utf8_test.cc text/word_piece_test.cc)
