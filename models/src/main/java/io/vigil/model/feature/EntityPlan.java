package io.vigil.model.feature;

import io.vigil.model.event.Claims;
import io.vigil.model.event.Facts;
import java.util.List;
import java.util.SplittableRandom;

/**
 * What a plan keeps and computes for one kind of entity, or pair of them, of one history. A shell
 * gives it each entity's {@link EntityStore}, and calls {@link #transaction}, {@link #add} or
 * {@link #label} in effective order.
 *
 * <p>A function of its arguments alone, but it decodes into scratch that it owns: one instance a
 * thread.
 */
public sealed interface EntityPlan permits BehaviourPlan, ProfilePlan {
  /** Conditions that a log can tell events apart by. */
  int CONDITIONS_MAX = 32;

  /** Whose history it is. */
  Grouping grouping();

  /** The features that {@link #transaction} computes, in the order of its outputs. */
  List<? extends Feature.Kept> features();

  /** What is kept of an entity, in words, a line each. */
  List<String> kept();

  /**
   * How far back the longest window goes that needs single events, labels or panes, milliseconds.
   */
  long reachMs();

  /** Inputs of a record that never was, see {@link StateCost}. */
  long[] madeUp(SplittableRandom random, int textsMax);

  /** Number of values that {@link #transaction} computes, at least 1. */
  default int outputs() {
    return features().size();
  }

  /** Whether labels matter here; where they do not, {@link #label} must not be called. */
  boolean usesLabels();

  /**
   * The small record that stands for a transaction in {@link #transaction}, and for an event in
   * {@link #add}: the amount in minor units if it is needed, bits that say which conditions hold if
   * there are any, a 64-bit hash (XXH64 of UTF-8, 0 for missing) for each text that is kept,
   * latitude and longitude as raw double bits if they are kept. Nothing of a profile's. Its length
   * depends on the plan alone.
   */
  long[] inputs(Facts facts);

  /**
   * The small record that stands for a profile in {@link #add}; empty when it says nothing that is
   * kept.
   *
   * @throws IllegalStateException when the plan is not of profiles
   */
  long[] claims(Claims claims);

  /**
   * Computes the entity's features as of a transaction, and applies it to a history of
   * transactions; those of events and profiles stay as they are.
   *
   * @param store the entity's
   * @param eventTimeMs from 1970 until the end of year 9999
   * @param inputs of {@link #inputs}
   * @param out receives {@link #outputs} values at 0 onwards; NaN where there is no value
   * @throws IllegalArgumentException when the time is out of its range, or the state was written in
   *     a layout of neither this plan nor one it was told of
   */
  void transaction(EntityStore store, long eventTimeMs, long[] inputs, double[] out);

  /**
   * Applies an event, or what a profile says.
   *
   * @param store the entity's
   * @param eventTimeMs from 1970 until the end of year 9999
   * @param inputs of {@link #inputs} or {@link #claims}
   * @throws IllegalArgumentException as {@link #transaction}
   */
  void add(EntityStore store, long eventTimeMs, long[] inputs);

  /**
   * Applies a change of what is known of a past transaction of the entity.
   *
   * @param store the entity's
   * @param transactionTimeMs the transaction's event time, from 1970 until the end of year 9999
   * @param labelTimeMs when the label that says fraud took effect, also when it is taken back
   * @param delta +1 when the transaction is now held to be fraud, -1 when it no longer is
   * @throws IllegalArgumentException when an argument is out of its range, or the state was written
   *     in a layout of neither this plan nor one it was told of
   * @throws IllegalStateException when the plan uses no labels for this entity
   */
  void label(EntityStore store, long transactionTimeMs, long labelTimeMs, int delta);
}
