package io.vigil.model.feature;

import java.util.List;
import java.util.Objects;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/**
 * What a plan takes over from what another kept of an entity: the one rule that both reading a
 * state and {@link WarmUp} follow. Immutable.
 *
 * @param theirs what was kept
 * @param ours what is asked for
 */
record CarryOver(Layout theirs, Layout ours) {
  /** The index of what the other plan did not keep. */
  static final int NONE = -1;

  /** Whether rows of the log come with their amounts. */
  boolean amount() {
    return theirs.log() && theirs.amount();
  }

  /** Where their rows hold our text column, {@link #NONE} when they do not. */
  int text(int column) {
    return theirs.texts().indexOf(ours.texts().get(column));
  }

  /** Their condition that is ours, {@link #NONE} when they have none. */
  int condition(int condition) {
    return theirs.conditions().indexOf(ours.conditions().get(condition));
  }

  /** Our total of the same events as one of theirs, {@link #NONE} when we have none. */
  int total(int theirTotal) {
    Layout.Ring wanted = theirs.totals().get(theirTotal);
    List<Layout.Ring> totals = ours.totals();
    for (int total = 0; total < totals.size(); total++) {
      if (same(totals.get(total), wanted)) {
        return total;
      }
    }
    return NONE;
  }

  private static boolean same(Layout.Ring one, Layout.Ring other) {
    return one.resolutionMs() == other.resolutionMs()
        && Objects.equals(one.condition(), other.condition());
  }

  /**
   * What a segment of theirs can tell of what our total is asked for.
   *
   * @param told what it can tell, in the bits of their layout, see {@link Layout#told}
   * @return the same in the bits of ours
   */
  long told(int ourTotal, long told) {
    Layout.Ring own = ours.totals().get(ourTotal);
    long known = told & own.parts();
    for (Layout.Ring other : ours.totals()) {
      if (Layout.comparable(own, other)) {
        String condition = other.condition();
        int their =
            condition == null ? Layout.ALL : 1 + condition(ours.conditions().indexOf(condition));
        boolean kept = condition == null || their != Layout.ALL;
        if (kept && (told & Layout.beside(their)) != 0) {
          known |= Layout.beside(ours.selector(condition));
        }
      }
    }
    return known;
  }

  /** Their decay that is ours, {@link #NONE} when they have none. */
  int decay(int decay) {
    return theirs.decays().indexOf(ours.decays().get(decay));
  }

  /** Whether nothing that is asked for begins anew, however far back it was kept. */
  boolean isWhole() {
    return implies(ours.log(), theirs.log())
        && implies(ours.amount(), theirs.amount())
        && implies(ours.firstSeen(), theirs.firstSeen())
        && implies(ours.labelsByTransaction(), theirs.labelsByTransaction())
        && implies(ours.labelsByLabel(), theirs.labelsByLabel())
        && implies(ours.positions(), theirs.positions())
        && all(ours.texts().size(), column -> text(column) != NONE)
        && all(ours.conditions().size(), condition -> condition(condition) != NONE)
        && all(ours.decays().size(), decay -> decay(decay) != NONE)
        && all(ours.totals().size(), this::isWhole);
  }

  private boolean isWhole(int ourTotal) {
    for (int total = 0; total < theirs.totals().size(); total++) {
      if (total(total) == ourTotal) {
        return told(ourTotal, theirs.told(total)) == ours.told(ourTotal);
      }
    }
    return false;
  }

  private static boolean implies(boolean needed, boolean kept) {
    return !needed || kept;
  }

  private static boolean all(int size, IntPredicate holds) {
    return IntStream.range(0, size).allMatch(holds);
  }
}
