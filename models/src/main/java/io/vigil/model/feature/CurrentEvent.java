package io.vigil.model.feature;

/**
 * The event that is being applied; it is not in the state yet.
 *
 * @param outside whether it only looks at a history that it is no part of
 * @param mask bits of the conditions that hold
 * @param inputs of {@link EntityPlan#inputs}
 * @param textsFrom where the hashes of texts begin in them
 */
record CurrentEvent(
    boolean outside, long timeMs, long amountMinor, int mask, long[] inputs, int textsFrom) {

  boolean selected(int selector) {
    return !outside && (selector == Layout.ALL || (mask >>> (selector - 1) & 1) != 0);
  }

  /** Hash of a text column. */
  long text(int column) {
    return inputs[textsFrom + column];
  }

  /** Raw bits of degrees, where positions are kept. */
  long latitude() {
    return inputs[inputs.length - 2];
  }

  /** Raw bits of degrees, where positions are kept. */
  long longitude() {
    return inputs[inputs.length - 1];
  }
}
