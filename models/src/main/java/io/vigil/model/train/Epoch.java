package io.vigil.model.train;

/**
 * A point of the learning curve.
 *
 * @param number of passes over the rows, or of trees, so far; from 1
 * @param loss mean loss over the rows learnt from, while they were learnt
 * @param averagePrecision on the later rows, 0 to 1; NaN when there are none, or only of one kind
 */
public record Epoch(int number, double loss, double averagePrecision) {}
