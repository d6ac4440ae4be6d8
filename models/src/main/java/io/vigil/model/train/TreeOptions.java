package io.vigil.model.train;

/**
 * Boosted trees and how they are grown; the names in brackets are XGBoost's.
 *
 * @param mostTrees at most, at least 1
 * @param depth of a tree (max_depth), 1 to 16
 * @param learningRate each tree's share in the sum (eta), above 0 to 1
 * @param rowShare of the rows each tree is grown on (subsample), above 0 to 1
 * @param columnShare of the inputs each tree may use (colsample_bytree), above 0 to 1
 * @param leafWeight least sum of second derivatives in a leaf (min_child_weight), 0 or more
 * @param l2 penalty on the values of leaves (lambda), 0 or more
 * @param fraudWeight how many other rows a fraud counts as (scale_pos_weight), above 0
 * @param patience trees without a better result on the later rows before it stops; 0 grows them
 *     all, for one later week may be a poor judge
 * @param genuineShare of the rows that are no frauds, which the trees are grown on at all, above 0
 *     to 1: drawn by the seed, each then weighing as many rows as it stands for, so that
 *     probabilities stay. A third of the rows takes a third of the time; several seeds see others
 */
public record TreeOptions(
    int mostTrees,
    int depth,
    double learningRate,
    double rowShare,
    double columnShare,
    double leafWeight,
    double l2,
    double fraudWeight,
    int patience,
    double genuineShare) {

  public TreeOptions {
    boolean counts = mostTrees >= 1 && depth >= 1 && depth <= 16 && patience >= 0;
    boolean shares =
        share(learningRate) && share(rowShare) && share(columnShare) && share(genuineShare);
    if (!counts || !shares || !(leafWeight >= 0 && l2 >= 0 && fraudWeight > 0)) {
      throw new IllegalArgumentException(
          "trees: expected at least 1 tree of depth 1 to 16, shares above 0 to 1, weights above 0,"
              + " came "
              + this);
    }
  }

  private static boolean share(double value) {
    return value > 0 && value <= 1;
  }
}
