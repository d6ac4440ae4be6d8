/**
 * Gradient-boosted trees behind the scoring port, by XGBoost's own Java binding. The only package
 * that may import it.
 */
@NullMarked
package io.vigil.model.xgboost;

import org.jspecify.annotations.NullMarked;
