#include "model/plain_encoder.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numbers>

namespace pointsman::test {
namespace {

using Matrix = std::vector<std::vector<double>>;

struct PlainNames {
  std::string layers, query, key, value, output, attention_norm, ffn_in, ffn_out, ffn_norm;
};

PlainNames names_of(const std::string& model_type) {
  if (model_type == "mpnet") {
    return {"encoder.layer.",     "attention.attn.q", "attention.attn.k",
            "attention.attn.v",   "attention.attn.o", "attention.LayerNorm",
            "intermediate.dense", "output.dense",     "output.LayerNorm"};
  }
  if (model_type == "distilbert") {
    return {"transformer.layer.", "attention.q_lin",   "attention.k_lin",
            "attention.v_lin",    "attention.out_lin", "sa_layer_norm",
            "ffn.lin1",           "ffn.lin2",          "output_layer_norm"};
  }
  return {"encoder.layer.",       "attention.self.query",   "attention.self.key",
          "attention.self.value", "attention.output.dense", "attention.output.LayerNorm",
          "intermediate.dense",   "output.dense",           "output.LayerNorm"};
}

class PlainEncoder {
 public:
  explicit PlainEncoder(const TinyModel& model)
      : model_(model), names_(names_of(model.model_type)), tensors_(model.tensors()) {}

  Matrix encode(std::span<const std::int32_t> ids) const {
    Matrix hidden = embed(ids);
    for (std::size_t i = 0; i < model_.layers; ++i) {
      const std::string layer = names_.layers + std::to_string(i) + ".";
      const Matrix attended = linear(layer + names_.output, attend(layer, hidden));
      hidden = norm(layer + names_.attention_norm, sum(hidden, attended));
      Matrix wide = linear(layer + names_.ffn_in, hidden);
      for (auto& row : wide) {
        for (double& x : row) x = activate(x);
      }
      hidden = norm(layer + names_.ffn_norm, sum(hidden, linear(layer + names_.ffn_out, wide)));
    }
    return hidden;
  }

  Matrix embed(std::span<const std::int32_t> ids) const {
    const Tensor& words = tensor("embeddings.word_embeddings.weight");
    const Tensor& positions = tensor("embeddings.position_embeddings.weight");
    Matrix rows;
    std::size_t counted = 0;
    for (const std::int32_t id : ids) {
      std::size_t position = counted;
      if (model_.positions_follow_padding()) {
        // fairseq: positions of real tokens are pad + 1, pad + 2, ...; a pad token's own position is pad.
        const bool is_pad = id == static_cast<std::int32_t>(model_.pad_id);
        position = is_pad ? model_.pad_id : model_.pad_id + 1 + counted;
        counted += is_pad ? 0 : 1;
      } else {
        ++counted;
      }
      std::vector<double> row(model_.hidden);
      for (std::size_t j = 0; j < model_.hidden; ++j) {
        row[j] = static_cast<double>(words.values[static_cast<std::size_t>(id) * model_.hidden + j]) +
                 positions.values[position * model_.hidden + j];
        if (model_.has_segments()) row[j] += tensor("embeddings.token_type_embeddings.weight").values[j];
      }
      rows.push_back(row);
    }
    return norm("embeddings.LayerNorm", rows);
  }

 private:
  const Tensor& tensor(const std::string& name) const { return tensors_.at(model_.prefix + name); }

  double activate(double x) const {
    if (model_.activation == "relu") return std::max(x, 0.0);
    return 0.5 * x * (1.0 + std::erf(x / std::numbers::sqrt2));
  }

  Matrix linear(const std::string& name, const Matrix& x) const {
    const Tensor& weight = tensor(name + ".weight");
    const Tensor& bias = tensor(name + ".bias");
    Matrix out;
    for (const auto& row : x) {
      std::vector<double> y(weight.shape[0]);
      for (std::size_t i = 0; i < y.size(); ++i) {
        y[i] = bias.values[i];
        for (std::size_t j = 0; j < row.size(); ++j) y[i] += row[j] * weight.values[i * row.size() + j];
      }
      out.push_back(y);
    }
    return out;
  }

  static Matrix sum(Matrix x, const Matrix& y) {
    for (std::size_t i = 0; i < x.size(); ++i) {
      for (std::size_t j = 0; j < x[i].size(); ++j) x[i][j] += y[i][j];
    }
    return x;
  }

  Matrix norm(const std::string& name, Matrix x) const {
    const double epsilon = model_.model_type == "distilbert" ? 1e-12 : kTinyEpsilon;
    for (auto& row : x) {
      double mean = 0;
      for (const double v : row) mean += v / static_cast<double>(row.size());
      double variance = 0;
      for (const double v : row) variance += (v - mean) * (v - mean) / static_cast<double>(row.size());
      for (std::size_t j = 0; j < row.size(); ++j) {
        row[j] = (row[j] - mean) / std::sqrt(variance + epsilon) * tensor(name + ".weight").values[j] +
                 tensor(name + ".bias").values[j];
      }
    }
    return x;
  }

  // T5's buckets, bidirectional, 32 of them, logarithmic from 8 to 128.
  double relative_bias(std::size_t head, std::size_t query, std::size_t key) const {
    if (model_.model_type != "mpnet") return 0.0;
    const long distance = static_cast<long>(key) - static_cast<long>(query);
    const long magnitude = std::labs(distance);
    long bucket = magnitude;
    if (magnitude >= 8) {
      const double octaves = std::log(static_cast<double>(magnitude) / 8.0) / std::log(16.0);
      bucket = std::min(15L, 8L + static_cast<long>(octaves * 8.0 + 1e-9));
    }
    if (distance > 0) bucket += 16;
    return tensor("encoder.relative_attention_bias.weight")
        .values[static_cast<std::size_t>(bucket) * model_.heads + head];
  }

  Matrix attend(const std::string& layer, const Matrix& hidden) const {
    const Matrix q = linear(layer + names_.query, hidden);
    const Matrix k = linear(layer + names_.key, hidden);
    const Matrix v = linear(layer + names_.value, hidden);
    const std::size_t width = model_.hidden / model_.heads;
    Matrix context(hidden.size(), std::vector<double>(model_.hidden, 0.0));
    for (std::size_t head = 0; head < model_.heads; ++head) {
      for (std::size_t i = 0; i < hidden.size(); ++i) {
        std::vector<double> weights;
        double total = 0;
        for (std::size_t j = 0; j < hidden.size(); ++j) {
          double score = 0;
          for (std::size_t c = head * width; c < (head + 1) * width; ++c) score += q[i][c] * k[j][c];
          weights.push_back(
              std::exp(score / std::sqrt(static_cast<double>(width)) + relative_bias(head, i, j)));
          total += weights.back();
        }
        for (std::size_t j = 0; j < hidden.size(); ++j) {
          for (std::size_t c = head * width; c < (head + 1) * width; ++c) {
            context[i][c] += weights[j] / total * v[j][c];
          }
        }
      }
    }
    return context;
  }

  const TinyModel& model_;
  PlainNames names_;
  Tensors tensors_;
};

std::vector<double> mean_of(const Matrix& rows) {
  std::vector<double> mean(rows.front().size());
  for (std::size_t j = 0; j < mean.size(); ++j) {
    double sum = 0;
    for (const auto& row : rows) sum += row[j];
    mean[j] = sum / static_cast<double>(rows.size());
  }
  return mean;
}

std::vector<double> normalized(std::vector<double> row) {
  double squares = 0;
  for (const double x : row) squares += x * x;
  for (double& x : row) x /= std::sqrt(squares);
  return row;
}

}  // namespace

std::vector<double> plain_embedding(const TinyModel& model, std::span<const std::int32_t> ids,
                                    Pooling pooling, bool normalize) {
  const Matrix hidden = PlainEncoder(model).encode(ids);
  std::vector<double> out = pooling == Pooling::kMean ? mean_of(hidden) : hidden.front();
  return normalize ? normalized(std::move(out)) : out;
}

std::vector<double> plain_token_mean(const TinyModel& model, std::span<const std::int32_t> ids) {
  return normalized(mean_of(PlainEncoder(model).embed(ids)));
}

}  // namespace pointsman::test
