package io.vigil.model.train;

import io.vigil.model.score.InputShape;
import io.vigil.model.score.ModelInput;
import java.util.List;

/**
 * A fitted model, not yet calibrated.
 *
 * @param engine that runs it, as a manifest names it
 * @param model its file
 * @param shape of its rows
 * @param inputs how features become its inputs, in its order
 * @param epochs it was learnt in: to fit it again on more rows
 * @param curve how learning went
 * @param description in a few words, for people
 */
@SuppressWarnings("ArrayRecordComponent") // A carrier of bulk data, never compared.
public record Fitted(
    String engine,
    byte[] model,
    InputShape shape,
    List<ModelInput> inputs,
    int epochs,
    List<Epoch> curve,
    String description) {
  public Fitted {
    inputs = List.copyOf(inputs);
    curve = List.copyOf(curve);
  }
}
