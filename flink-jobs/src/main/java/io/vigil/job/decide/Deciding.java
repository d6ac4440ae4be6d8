package io.vigil.job.decide;

import io.vigil.job.control.Accounts;
import io.vigil.job.control.Change;
import io.vigil.job.control.Standing;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What decides about the rows of a stretch of effective time, ready for use.
 *
 * @param champion decides
 * @param challenger decides instead for its share of the accounts; null without one
 * @param shareBasisPoints of the challenger: 0 to 10,000
 * @param shadows score without deciding, in the order of their digests
 * @param judging rules and policy
 * @param decider writes down what was decided, by the feature spec in force
 * @param standing all of it as the control topic has it
 * @param before what decided before the newest of {@link Standing#promoted}; null when there is
 *     nothing to return to
 */
record Deciding(
    ModelInForce champion,
    @Nullable ModelInForce challenger,
    int shareBasisPoints,
    List<ModelInForce> shadows,
    Judging judging,
    Decider decider,
    Standing standing,
    @Nullable Change before) {

  /** Knows what decides when. */
  interface Times {
    /**
     * What decides at an effective time, milliseconds since the epoch. May wait until it is loaded.
     *
     * @throws IllegalStateException when it cannot be had
     */
    Deciding at(long effectiveTimeMs);
  }

  /** The model that decides for an account. */
  ModelInForce model(Accounts accounts, String account) {
    return challenger != null && accounts.place(account) < shareBasisPoints ? challenger : champion;
  }
}
