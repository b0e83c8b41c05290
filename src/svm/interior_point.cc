#include "archmlp/svm/interior_point.h"

#include <Eigen/Cholesky>
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

#include "archmlp/base/parallel.h"
#include "archmlp/base/try.h"

namespace archmlp::svm {
namespace {

using SquareMatrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Vector = Eigen::VectorXd;

constexpr double kLeastSlack = 1e-16;     // of the width of the box: where β has no more digits
constexpr double kBoundaryShare = 0.995;  // of the way to the nearest bound
// On the diagonal of a matrix of ones: some features may depend on others.
constexpr std::array kDiagonalShifts = {1e-14, 1e-12, 1e-10};
constexpr double kLeastStep = 1e-8;
constexpr double kLeastMultiplier = 1e-3;
constexpr double kLeastShare = 1e-6;
constexpr std::size_t kPartRows = 8192;  // at a time where features are not read

}  // namespace

/// Of a variable: the ways to its bounds, inverted too, and its share of the inverse of D.
struct InteriorPoint::Slacks {
  double to_low = 0, to_high = 0, by_low = 0, by_high = 0, share = 0, gradient = 0;
};

InteriorPoint::InteriorPoint(const LinearRows& rows, const RowBox& box, Fixed fixed, int thread_count)
    : rows_(rows),
      box_(box),
      fixed_(std::move(fixed)),
      thread_count_(thread_count),
      columns_(rows.columns()),
      coefficients_(columns_),
      beta_(box.size()),
      below_(box.size()),
      above_(box.size()),
      decisions_(rows.row_count()),
      affine_(rows.row_count()),
      full_(rows.row_count()) {}

auto InteriorPoint::slacks_of(std::size_t variable) const noexcept -> Slacks {
  const Box& box = box_.box;
  const double least = kLeastSlack * (box.high[variable] - box.low[variable]);
  Slacks slacks;
  slacks.to_low = std::max(beta_[variable] - box.low[variable], least);
  slacks.to_high = std::max(box.high[variable] - beta_[variable], least);
  slacks.by_low = 1 / slacks.to_low;
  slacks.by_high = 1 / slacks.to_high;
  slacks.share = 1 / (below_[variable] * slacks.by_low + above_[variable] * slacks.by_high);
  slacks.gradient = decisions_[box.row[variable]] + box.linear[variable];
  return slacks;
}

auto InteriorPoint::affine_move(const Slacks& slacks, std::size_t variable, double change) const noexcept
    -> Move {
  Move move;
  move.beta = -slacks.share * (slacks.gradient + change);
  move.below = -below_[variable] * (1 + move.beta * slacks.by_low);
  move.above = -above_[variable] * (1 - move.beta * slacks.by_high);
  return move;
}

/// pull: what products of slacks and multipliers are to become.
auto InteriorPoint::full_move(const Slacks& slacks, std::size_t variable, const Move& affine, double change,
                              double pull) const noexcept -> Move {
  const double bend = affine.beta * (affine.below * slacks.by_low + affine.above * slacks.by_high);
  Move move;
  move.beta = slacks.share * (-slacks.gradient + pull * (slacks.by_low - slacks.by_high) - bend - change);
  move.below =
      (pull - affine.beta * affine.below - below_[variable] * move.beta) * slacks.by_low - below_[variable];
  move.above =
      (pull + affine.beta * affine.above + above_[variable] * move.beta) * slacks.by_high - above_[variable];
  return move;
}

base::Status InteriorPoint::start(std::span<const double> guess) {
  const Box& box = box_.box;
  double up = 0, down = 0;
  for (std::size_t v = 0; v < box.size(); ++v) {
    up += box.high[v];
    down -= box.low[v];
  }
  // Half of what may be on one side, and as much on the other as makes Σ β = 0.
  double up_share = 0.5, down_share = 0.5;
  if (rows_.bias() && up > 0 && down > 0) {
    const double held = -fixed_.sum.back();
    if (up / 2 + held < down / 2) {
      down_share = std::max((up / 2 + held) / down, kLeastShare);
    } else {
      up_share = std::max((down / 2 - held) / up, kLeastShare);
    }
  }
  double linear = 0;
  for (std::size_t v = 0; v < box.size(); ++v) {
    beta_[v] = up_share * box.high[v] + down_share * box.low[v];
    linear += box.linear[v];
  }
  residual_ = TRY(rows_.weighted_sum(box_.row_weights(beta_)));
  for (std::size_t j = 0; j < columns_; ++j) residual_[j] += fixed_.sum[j];
  if (!guess.empty()) {
    coefficients_.assign(guess.begin(), guess.end());
  } else if (rows_.bias()) {
    coefficients_.back() = linear / static_cast<double>(box.size());
  }
  for (std::size_t j = 0; j < rows_.depth(); ++j) residual_[j] -= coefficients_[j];
  TRY(rows_.decide(coefficients_, decisions_));
  // Their difference is the gradient, and all products with the slacks are about as large.
  double sum = 0;
  for (std::size_t v = 0; v < box.size(); ++v) sum += std::abs(decisions_[box.row[v]] + box.linear[v]);
  const double usual = std::max(sum / static_cast<double>(box.size()), kLeastMultiplier);
  totals_ = {};
  for (std::size_t v = 0; v < box.size(); ++v) {
    const double gradient = decisions_[box.row[v]] + box.linear[v];
    const double share = (beta_[v] - box.low[v]) / (box.high[v] - box.low[v]);
    below_[v] = std::max(gradient, 0.0) + usual * (1 - share);
    above_[v] = std::max(-gradient, 0.0) + usual * share;
    add_variable(totals_, v);
  }
  return {};
}

void InteriorPoint::add_variable(Totals& totals, std::size_t variable) const noexcept {
  const Box& box = box_.box;
  const double low = box.low[variable], high = box.high[variable], beta = beta_[variable];
  const double gradient = decisions_[box.row[variable]] + box.linear[variable];
  totals.complementarity += below_[variable] * (beta - low) + above_[variable] * (high - beta);
  // High is 0 or C, low -C or 0: the sign of what β may be decides which side costs.
  totals.loss += high > 0 ? high * std::max(0.0, -gradient) : -low * std::max(0.0, gradient);
  totals.linear += box.linear[variable] * beta;
  totals.multipliers += std::abs(below_[variable] - above_[variable]);
}

double InteriorPoint::relative_gap() const noexcept {
  double norm = 0, dual_norm = 0, held = fixed_.linear;
  for (std::size_t j = 0; j < columns_; ++j) {
    held += coefficients_[j] * fixed_.sum[j];
    if (j == rows_.depth()) continue;
    norm += coefficients_[j] * coefficients_[j];
    dual_norm += (coefficients_[j] + residual_[j]) * (coefficients_[j] + residual_[j]);
  }
  const double primal = norm / 2 + totals_.loss - held;
  const double dual = -(dual_norm / 2 + totals_.linear + fixed_.linear);
  return std::abs(primal - dual) / std::max(std::abs(primal), std::numeric_limits<double>::min());
}

/// I + X̃'D⁻¹X̃, without the 1 of rho, and what the predictor solves it for.
base::Result<bool> InteriorPoint::factorize() {
  const std::size_t stride = padded_to(columns_, kTileColumns),
                    gram_size = padded_to(columns_, kTileRows) * stride;
  const std::size_t parts = rows_.chunk_count();
  std::vector<double> grams(parts * gram_size, 0.0), rights(parts * columns_, 0.0),
      sums(parts * columns_, 0.0);
  TRY(rows_.for_each_block([&](const LinearRows::Block& block) {
    std::array<double, kBlockHeight> shares = {}, pulls = {}, betas = {};
    for (std::size_t row = 0; row < block.count; ++row) {
      for (std::size_t v = box_.begins[block.first + row]; v < box_.begins[block.first + row + 1]; ++v) {
        const Slacks slacks = slacks_of(v);
        shares[row] += slacks.share;
        pulls[row] -= slacks.share * slacks.gradient;
        betas[row] += beta_[v];
      }
    }
    scale_block(block.values, columns_, shares.data(), block.spare);
    add_block_gram(block.values, block.spare, columns_, grams.data() + block.chunk * gram_size);
    add_block_products(block.values, columns_, pulls.data(), rights.data() + block.chunk * columns_);
    add_block_products(block.values, columns_, betas.data(), sums.data() + block.chunk * columns_);
  }));
  add_up_parts(grams, gram_size);
  add_up_parts(rights, columns_);
  add_up_parts(sums, columns_);
  right_ = std::move(rights);
  const std::size_t depth = rows_.depth();
  for (std::size_t j = 0; j < columns_; ++j) {
    // w is to become Σ βx, and Σ β 0.
    residual_[j] = sums[j] + fixed_.sum[j] - (j < depth ? coefficients_[j] : 0.0);
    right_[j] += residual_[j];
    if (j < depth) grams[j * stride + j] += 1;
  }
  return factorize(grams);
}

/// Scaled to a diagonal of ones. False: it is not positive definite, for all that rounding shows.
bool InteriorPoint::factorize(const std::vector<double>& gram) {
  const std::size_t stride = padded_to(columns_, kTileColumns);
  const auto size = static_cast<Eigen::Index>(columns_);
  scales_.resize(columns_);
  for (std::size_t j = 0; j < columns_; ++j) scales_[j] = 1 / std::sqrt(gram[j * stride + j]);
  SquareMatrix matrix = SquareMatrix::Zero(size, size);
  for (const double shift : kDiagonalShifts) {
    for (std::size_t j = 0; j < columns_; ++j) {
      for (std::size_t k = j; k < columns_; ++k) {
        matrix(static_cast<Eigen::Index>(k), static_cast<Eigen::Index>(j)) =
            gram[j * stride + k] * scales_[j] * scales_[k] + (j == k ? shift : 0.0);
      }
    }
    const Eigen::LLT<Eigen::Ref<SquareMatrix>> cholesky(matrix);
    factor_.assign(matrix.data(), matrix.data() + matrix.size());
    if (cholesky.info() == Eigen::Success) return true;
  }
  return false;
}

std::vector<double> InteriorPoint::solve(std::span<const double> right) const {
  const auto size = static_cast<Eigen::Index>(columns_);
  const Eigen::Map<const SquareMatrix> factor(factor_.data(), size, size);
  Vector values(size);
  for (std::size_t j = 0; j < columns_; ++j) values[static_cast<Eigen::Index>(j)] = right[j] * scales_[j];
  factor.triangularView<Eigen::Lower>().solveInPlace(values);
  factor.triangularView<Eigen::Lower>().transpose().solveInPlace(values);
  std::vector<double> solution(columns_);
  for (std::size_t j = 0; j < columns_; ++j) solution[j] = values[static_cast<Eigen::Index>(j)] * scales_[j];
  return solution;
}

/// How far β and the multipliers could go along the affine direction, 1 at most; prepares the corrector.
base::Result<double> InteriorPoint::predict() {
  const std::vector<double> direction = solve(right_);
  const std::size_t parts = rows_.chunk_count();
  std::vector<double> pulls(parts * columns_, 0.0), bends(parts * columns_, 0.0), steepest(parts, 1.0),
      second_orders(parts, 0.0);
  TRY(rows_.for_each_block([&](const LinearRows::Block& block) {
    std::array<double, kBlockHeight> changes = {}, by_pull = {}, by_bend = {};
    block_dots(block.values, columns_, direction.data(), changes.data());
    for (std::size_t row = 0; row < block.count; ++row) {
      affine_[block.first + row] = changes[row];
      for (std::size_t v = box_.begins[block.first + row]; v < box_.begins[block.first + row + 1]; ++v) {
        const Slacks slacks = slacks_of(v);
        const Move move = affine_move(slacks, v, changes[row]);
        const double low = move.beta * slacks.by_low, high = move.beta * slacks.by_high;
        steepest[block.chunk] = std::max({steepest[block.chunk], -low, high, 1 + low, 1 - high});
        second_orders[block.chunk] += move.beta * (move.below - move.above);
        by_pull[row] += slacks.share * (slacks.by_low - slacks.by_high);
        by_bend[row] -= slacks.share * move.beta * (move.below * slacks.by_low + move.above * slacks.by_high);
      }
    }
    add_block_products(block.values, columns_, by_pull.data(), pulls.data() + block.chunk * columns_);
    add_block_products(block.values, columns_, by_bend.data(), bends.data() + block.chunk * columns_);
  }));
  add_up_parts(pulls, columns_);
  add_up_parts(bends, columns_);
  pull_right_ = std::move(pulls);
  bend_right_ = std::move(bends);
  second_order_ = std::accumulate(second_orders.begin(), second_orders.end(), 0.0);
  return 1 / *std::max_element(steepest.begin(), steepest.end());
}

/// How far β and the multipliers can go along the whole direction, direction_.
base::Result<double> InteriorPoint::correct(double pull) {
  std::vector<double> right = right_;
  for (std::size_t j = 0; j < columns_; ++j) right[j] += pull * pull_right_[j] + bend_right_[j];
  direction_ = solve(right);
  std::vector<double> steepest(rows_.chunk_count(), 0.0);
  TRY(rows_.for_each_block([&](const LinearRows::Block& block) {
    std::array<double, kBlockHeight> changes = {};
    block_dots(block.values, columns_, direction_.data(), changes.data());
    for (std::size_t row = 0; row < block.count; ++row) {
      full_[block.first + row] = changes[row];
      for (std::size_t v = box_.begins[block.first + row]; v < box_.begins[block.first + row + 1]; ++v) {
        const Slacks slacks = slacks_of(v);
        const Move affine = affine_move(slacks, v, affine_[block.first + row]);
        const Move move = full_move(slacks, v, affine, changes[row], pull);
        steepest[block.chunk] =
            std::max({steepest[block.chunk], -move.beta * slacks.by_low, move.beta * slacks.by_high,
                      -move.below / below_[v], -move.above / above_[v]});
      }
    }
  }));
  return 1 / *std::max_element(steepest.begin(), steepest.end());
}

base::Status InteriorPoint::move_rows(double length, double pull) {
  const std::size_t row_count = rows_.row_count();
  std::vector<Totals> parts((row_count + kPartRows - 1) / kPartRows);
  TRY(base::parallel_for(parts.size(), thread_count_, [&](std::size_t part) -> base::Status {
    for (std::size_t row = part * kPartRows; row < std::min(row_count, (part + 1) * kPartRows); ++row) {
      const std::size_t begin = box_.begins[row], end = box_.begins[row + 1];
      for (std::size_t v = begin; v < end; ++v) {
        const Slacks slacks = slacks_of(v);
        const Move move = full_move(slacks, v, affine_move(slacks, v, affine_[row]), full_[row], pull);
        beta_[v] = std::clamp(beta_[v] + length * move.beta, box_.box.low[v], box_.box.high[v]);
        below_[v] += length * move.below;
        above_[v] += length * move.above;
      }
      decisions_[row] += length * full_[row];
      for (std::size_t v = begin; v < end; ++v) add_variable(parts[part], v);
    }
    return {};
  }));
  for (std::size_t j = 0; j < columns_; ++j) {
    coefficients_[j] += length * direction_[j];
    residual_[j] *= 1 - length;
  }
  totals_ = {};
  for (const Totals& part : parts) {
    totals_.complementarity += part.complementarity;
    totals_.loss += part.loss;
    totals_.linear += part.linear;
    totals_.multipliers += part.multipliers;
  }
  return {};
}

base::Result<bool> InteriorPoint::step() {
  if (!TRY(factorize())) return false;
  const double affine_length = TRY(predict());
  const double before = totals_.complementarity;
  const double predicted = (1 - affine_length) * before + affine_length * affine_length * second_order_;
  const double centring = std::pow(predicted / before, 3);
  const double pull = centring * before / (2 * static_cast<double>(box_.size()));
  const double length = std::min(1.0, kBoundaryShare * TRY(correct(pull)));
  if (!std::isfinite(pull) || !(length > kLeastStep)) return false;
  TRY(move_rows(length, pull));
  return true;
}

}  // namespace archmlp::svm
