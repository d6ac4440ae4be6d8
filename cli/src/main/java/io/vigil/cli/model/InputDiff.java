package io.vigil.cli.model;

import io.vigil.model.score.ModelInput;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** What differs between the inputs of two models. */
public final class InputDiff {
  private InputDiff() {}

  /** A line for each input that only one reads, or that is scaled or explained otherwise. */
  public static List<String> between(List<ModelInput> before, List<ModelInput> after) {
    Map<String, ModelInput> known = new LinkedHashMap<>();
    before.forEach(input -> known.put(input.feature(), input));
    List<String> words = new ArrayList<>();
    for (ModelInput input : after) {
      ModelInput was = known.remove(input.feature());
      if (was == null) {
        words.add("reads now    " + input.feature());
      } else if (!Objects.equals(was.scaling(), input.scaling())) {
        words.add("scales anew  " + input.feature());
      } else if (was.baseline() != input.baseline()) {
        words.add(
            "baseline     %s %s -> %s"
                .formatted(input.feature(), was.baseline(), input.baseline()));
      }
    }
    known.keySet().forEach(name -> words.add("reads no more " + name));
    return words;
  }
}
