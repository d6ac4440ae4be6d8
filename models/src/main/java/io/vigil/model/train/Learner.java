package io.vigil.model.train;

import java.util.OptionalInt;
import java.util.function.Consumer;

/**
 * Fits models of one architecture. The same rows, seed and engine class give the same model, bit
 * for bit. Never inside a job: memory and time are not bounded. Immutable.
 */
public interface Learner {

  /**
   * Fits a model and stops when the later rows say so.
   *
   * @param rows to learn from, oldest first
   * @param later rows to judge by, all later than {@code rows}
   * @param seed names whatever is drawn at random
   * @param progress is told of each epoch
   * @return the model as it was when its average precision on {@code later} was highest, or its
   *     loss lowest where no label is looked at
   * @throws IllegalArgumentException when the features differ, or either lacks frauds or others;
   *     where no label is looked at, when either is empty
   * @throws IllegalStateException when the loss is not finite, or nothing was learnt
   */
  Fitted fit(TrainingSet rows, TrainingSet later, long seed, Consumer<Epoch> progress);

  /**
   * Fits a model for a number of epochs.
   *
   * @param epochs at least 1; see {@link Fitted#epochs()}
   * @throws IllegalArgumentException when the rows lack frauds or others; where no label is looked
   *     at, when there are none
   * @throws IllegalStateException when the loss is not finite
   */
  Fitted fit(TrainingSet rows, int epochs, long seed, Consumer<Epoch> progress);

  /** Whether it looks at labels, so that rows must have some; otherwise it learns from any rows. */
  default boolean supervised() {
    return true;
  }

  /** How many epochs it always takes; empty when later rows say when to stop. */
  default OptionalInt epochs() {
    return OptionalInt.empty();
  }

  /**
   * The learner that begins with another model's weights where names and sizes agree.
   *
   * @param model a model file of the same engine
   * @throws IllegalArgumentException when it shares no weights, or this architecture has none; what
   *     depends on the number of features comes to light when rows do
   */
  Learner from(byte[] model);
}
