# Planted bugs: each is the kernels with one place changed, and its test passes where the kernels' own tests fail with the words
# expected. What is changed must occur exactly once, so a mutant cannot outlive the line it was made for.
#
# cuda_mutant(name KERNEL gemm TESTS gemm [IN shared_tile.cuh] FROM "text" TO "text" EXPECT "regular expression")
function(cuda_mutant name)
  cmake_parse_arguments(PARSE_ARGV 1 mutant "" "KERNEL;TESTS;IN;FROM;TO;EXPECT" "")
  set(kernel ${PROJECT_SOURCE_DIR}/native/cuda/${mutant_KERNEL}.cu)
  if(mutant_IN)
    set(origin ${PROJECT_SOURCE_DIR}/native/cuda/${mutant_IN})
  else()
    set(origin ${kernel})
  endif()
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${origin})
  file(READ ${origin} text)
  string(REPLACE "${mutant_FROM}" "${mutant_TO}" changed "${text}")
  string(REPLACE "${mutant_FROM}" "" without "${text}")
  string(LENGTH "${text}" length)
  string(LENGTH "${without}" length_without)
  string(LENGTH "${mutant_FROM}" length_from)
  math(EXPR removed "${length} - ${length_without}")
  if(NOT removed EQUAL length_from)
    message(FATAL_ERROR "mutant ${name}: \"${mutant_FROM}\" does not occur exactly once in ${origin}")
  endif()

  set(folder ${CMAKE_CURRENT_BINARY_DIR}/mutants/${name})
  if(mutant_IN)
    file(CONFIGURE OUTPUT ${folder}/cuda/${mutant_IN} CONTENT "${changed}" @ONLY)
    set(source ${kernel})
  else()
    set(source ${folder}/${mutant_KERNEL}.cu)
    file(CONFIGURE OUTPUT ${source} CONTENT "${changed}" @ONLY)
  endif()
  set_source_files_properties(${source} PROPERTIES LANGUAGE CXX)
  cuda_objects(cuda_mutant_${name}_kernel ${source})
  target_include_directories(cuda_mutant_${name}_kernel BEFORE PRIVATE ${folder})
  target_compile_options(cuda_mutant_${name}_kernel PRIVATE ${checked_options})
  set_target_properties(cuda_mutant_${name}_kernel PROPERTIES
    CXX_VISIBILITY_PRESET default VISIBILITY_INLINES_HIDDEN OFF)
  cuda_program(cuda_mutant_${name} PARTS cuda_mutant_${name}_kernel ${checked_parts}
    OBJECTS "$<FILTER:$<TARGET_OBJECTS:cuda_kernels_checked>,EXCLUDE,/${mutant_KERNEL}\\.cu>")
  add_test(NAME cuda_mutant_${name} COMMAND cuda_mutant_${name} --source-file=*${mutant_TESTS}_test*)
  set_tests_properties(cuda_mutant_${name} PROPERTIES PASS_REGULAR_EXPRESSION "${mutant_EXPECT}")
endfunction()

# Products.
cuda_mutant(gemm_no_barrier KERNEL gemm TESTS gemm
  FROM [==[    __syncthreads();]==]
  TO [==[]==]
  EXPECT [==[uninitialised read of shared memory.*, at ]==])
cuda_mutant(gemm_no_wait KERNEL gemm TESTS gemm
  FROM [==[    cp_async_wait<Tiles::kStages - 2>();]==]
  TO [==[]==]
  EXPECT [==[has not been waited for]==])
cuda_mutant(gemm_waits_for_one_stage_too_few KERNEL gemm TESTS gemm
  FROM [==[cp_async_wait<Tiles::kStages - 2>();]==]
  TO [==[cp_async_wait<Tiles::kStages - 1>();]==]
  EXPECT [==[has not been waited for]==])
cuda_mutant(gemm_fills_the_stage_in_use KERNEL gemm TESTS gemm
  FROM [==[begin_step(step + Tiles::kStages - 1);]==]
  TO [==[begin_step(step + Tiles::kStages);]==]
  EXPECT [==[race: |uninitialised read]==])
cuda_mutant(gemm_overlapping_stages KERNEL gemm TESTS gemm
  FROM [==[shared + stage * Tiles::kStageElements}]==]
  TO [==[shared + stage * Tiles::kRows * kStep}]==]
  EXPECT [==[race: ]==])
cuda_mutant(gemm_stores_rows_past_the_batch KERNEL gemm TESTS gemm
  FROM [==[      if (row >= rows_there) continue;]==]
  TO [==[]==]
  EXPECT [==[out of bounds|ERROR: CHECK.*untouched_from]==])
cuda_mutant(gemm_stores_columns_past_the_end KERNEL gemm TESTS gemm
  FROM [==[        if (column >= args.n) continue;]==]
  TO [==[]==]
  EXPECT [==[out of bounds|ERROR: CHECK]==])
cuda_mutant(gemm_swapped_fragments KERNEL gemm TESTS gemm
  FROM [==[left[i], right[0], right[1]]==]
  TO [==[left[i], right[1], right[0]]==]
  EXPECT [==[ERROR: CHECK.*beyond_rounding]==])
cuda_mutant(tile_reads_rows_past_the_end KERNEL gemm TESTS gemm IN shared_tile.cuh
  FROM [==[const bool is_there = row < rows_there;]==]
  TO [==[const bool is_there = row < rows_there + kRows;]==]
  EXPECT [==[out of bounds]==])
cuda_mutant(tile_copies_off_alignment KERNEL gemm TESTS gemm IN shared_tile.cuh
  FROM [==[number % kChunks * kChunk;]==]
  TO [==[number % kChunks * kChunk + 1;]==]
  EXPECT [==[not multiples of 16]==])
cuda_mutant(tile_loads_without_swizzle KERNEL gemm TESTS gemm IN shared_tile.cuh
  FROM [==[ldmatrix_x4(to, chunk(first_row + lane % 16, first_column / kChunk + lane / 16));]==]
  TO [==[ldmatrix_x4(to, data + (first_row + lane % 16) * kColumns + first_column + lane / 16 * kChunk);]==]
  EXPECT [==[ERROR: CHECK.*beyond_rounding]==])

# Attention.
cuda_mutant(attention_reads_before_the_barrier KERNEL attention TESTS attention
  FROM [==[    __syncthreads();  // what all threads copied is there]==]
  TO [==[]==]
  EXPECT [==[uninitialised read of shared memory.*, at ]==])
cuda_mutant(attention_overwrites_keys_in_use KERNEL attention TESTS attention
  FROM [==[    __syncthreads();  // before the next copies overwrite what others still read]==]
  TO [==[]==]
  EXPECT [==[race: ]==])
cuda_mutant(attention_counts_keys_past_the_sequence KERNEL attention TESTS attention
  FROM [==[if (key >= num_keys) {]==]
  TO [==[if (key > num_keys + 100) {]==]
  EXPECT [==[ERROR: CHECK.*beyond_rounding]==])
cuda_mutant(attention_forgets_to_rescale KERNEL attention TESTS attention
  FROM [==[      running.context[d][2 * half] *= factor;]==]
  TO [==[]==]
  EXPECT [==[ERROR: CHECK.*beyond_rounding]==])
cuda_mutant(attention_stores_queries_past_the_sequence KERNEL attention TESTS attention
  FROM [==[    if (query + 8 * half >= tile.end) continue;]==]
  TO [==[]==]
  EXPECT [==[out of bounds|ERROR: CHECK]==])
cuda_mutant(attention_bias_of_the_wrong_sign KERNEL attention TESTS attention
  FROM [==[args.max_distance + distance_of_key0]==]
  TO [==[args.max_distance - distance_of_key0]==]
  EXPECT [==[ERROR: CHECK.*beyond_rounding|out of bounds]==])

# Rows.
cuda_mutant(rows_shuffle_with_half_a_mask KERNEL layer_norm TESTS rows IN row.cuh
  FROM [==[kAllLanes = 0xFFFFFFFFU]==]
  TO [==[kAllLanes = 0x0000FFFFU]==]
  EXPECT [==[not in the mask]==])
cuda_mutant(rows_sum_half_a_warp KERNEL layer_norm TESTS rows IN row.cuh
  FROM [==[distance = kWarpSize / 2]==]
  TO [==[distance = kWarpSize / 4]==]
  EXPECT [==[ERROR: CHECK.*beyond_rounding]==])
cuda_mutant(rows_normalise_columns_past_the_end KERNEL layer_norm TESTS rows IN row.cuh
  FROM [==[    const int column = column_of(v);
    if (column >= width) continue;]==]
  TO [==[    const int column = column_of(v);]==]
  EXPECT [==[out of bounds]==])
cuda_mutant(layer_norm_rows_past_the_batch KERNEL layer_norm TESTS rows
  FROM [==[  if (row >= args.batch->num_tokens) return;]==]
  TO [==[]==]
  EXPECT [==[out of bounds]==])
cuda_mutant(embedding_rows_past_the_batch KERNEL embedding TESTS rows
  FROM [==[  if (token >= args.batch->num_tokens) return;]==]
  TO [==[]==]
  EXPECT [==[out of bounds]==])
cuda_mutant(pool_sums_before_the_barrier KERNEL pool TESTS rows
  FROM [==[  __syncthreads();]==]
  TO [==[]==]
  EXPECT [==[(race: |uninitialised read).*, at (pool\.cu:|unknown source)]==])
cuda_mutant(pool_threads_leave_before_the_barrier KERNEL pool TESTS rows
  FROM [==[if (sequence >= args.batch->num_sequences) return;]==]
  TO [==[if (sequence >= args.batch->num_sequences || threadIdx.x >= 96) return;]==]
  EXPECT [==[a thread ended while others wait|after some of its threads ended]==])

# Heads.
cuda_mutant(heads_no_barrier_between_steps KERNEL heads TESTS heads
  FROM [==[    run_step(rows, step, head.values + step.values, similarities);
    __syncthreads();]==]
  TO [==[    run_step(rows, step, head.values + step.values, similarities);]==]
  EXPECT [==[(race: |uninitialised read).*, at ]==])
cuda_mutant(heads_choose_before_the_barrier KERNEL heads TESTS heads
  FROM [==[sum;
  });
  __syncthreads();]==]
  TO [==[sum;
  });]==]
  EXPECT [==[uninitialised read|ERROR: CHECK.*kTolerance]==])
cuda_mutant(heads_store_prompts_past_the_end KERNEL heads TESTS heads
  FROM [==[    if (row >= rows_there) return;]==]
  TO [==[]==]
  EXPECT [==[out of bounds|ERROR: CHECK.*untouched_from]==])
cuda_mutant(heads_read_prompts_past_the_end KERNEL heads TESTS heads
  FROM [==[row < rows_there ?]==]
  TO [==[row < rows_there + 1 ?]==]
  EXPECT [==[out of bounds]==])
cuda_mutant(heads_read_units_past_the_end KERNEL heads TESTS heads
  FROM [==[min(first + unit, outputs - 1)]==]
  TO [==[(first + unit)]==]
  EXPECT [==[out of bounds]==])
cuda_mutant(heads_standardise_rows_that_are_not_there KERNEL heads TESTS heads
  FROM [==[  if (rows.warp >= kHeadRows) return;
  const auto inputs]==]
  TO [==[  const auto inputs]==]
  EXPECT [==[out of bounds|outside]==])
cuda_mutant(heads_take_an_equal_too_many KERNEL heads TESTS heads
  FROM [==[before < equals]==]
  TO [==[before <= equals]==]
  EXPECT [==[ERROR: CHECK.*kTolerance]==])
cuda_mutant(heads_count_themselves_before_themselves KERNEL heads TESTS heads
  FROM [==[(1U << of.lane) - 1]==]
  TO [==[(2U << of.lane) - 1]==]
  EXPECT [==[ERROR: CHECK.*kTolerance]==])
cuda_mutant(heads_vote_with_half_a_mask KERNEL heads TESTS heads
  FROM [==[__ballot_sync(kAllLanes, order == least)]==]
  TO [==[__ballot_sync(0x0000FFFFU, order == least)]==]
  EXPECT [==[not in the mask]==])
