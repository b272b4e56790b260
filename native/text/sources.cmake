target_sources(pointsman_engine PRIVATE
  text/added_token_filter.cc
  text/added_tokens.cc
  text/focus.cc
  text/json_view.cc
  text/normalizer.cc
  text/piece_table.cc
  text/text_boundary.cc
  text/text_reader.cc
  text/text_view.cc
  text/tokenizer.cc
  text/tokenizer_config.cc
  text/unicode_tables.cc
  text/unicode_tables.generated.cc
  text/utf8.cc
  text/word_builder.cc
  text/word_piece.cc
)
