package io.vigil.cli.model;

import io.vigil.cli.CliException;
import io.vigil.model.artefact.ArtefactException;
import io.vigil.model.artefact.YamlMap;
import io.vigil.model.score.InputShape;
import io.vigil.model.score.ModelInput;
import java.util.ArrayList;
import java.util.List;

/**
 * How features become the inputs of a model.
 *
 * @param inputs in the model's order
 * @param shape of them
 */
public record Inputs(List<ModelInput> inputs, InputShape shape) {

  /** The sample's features in the order of the file, as they are. */
  public static Inputs of(Sample sample) {
    List<ModelInput> inputs =
        sample.features().stream()
            .map(feature -> new ModelInput(feature, sample.median(feature), null))
            .toList();
    return new Inputs(inputs, InputShape.flat(inputs.size()));
  }

  /**
   * What a file says: {@code inputs} with {@code feature}, optionally {@code baseline} (else the
   * sample's median) and {@code log1p}, {@code mean}, {@code std}, {@code clip}; and optionally
   * {@code sequence} with {@code steps} and {@code fields}.
   *
   * @throws CliException naming the line, the key and what was expected
   */
  public static Inputs read(String yaml, String origin, Sample sample) {
    try {
      YamlMap root = YamlMap.read(yaml, origin, "inputs", "sequence");
      List<ModelInput> inputs = new ArrayList<>();
      for (YamlMap input :
          root.maps(
              "inputs",
              InputShape.WIDTH_MAX,
              "feature",
              "baseline",
              "log1p",
              "mean",
              "std",
              "clip")) {
        inputs.add(input(input, sample));
      }
      if (!root.has("sequence")) {
        return new Inputs(inputs, InputShape.flat(inputs.size()));
      }
      YamlMap sequence = root.map("sequence", "steps", "fields");
      int steps = sequence.integer("steps", 1, InputShape.WIDTH_MAX);
      int fields = sequence.integer("fields", 1, InputShape.WIDTH_MAX);
      return new Inputs(inputs, new InputShape(inputs.size() - steps * fields, steps, fields));
    } catch (ArtefactException e) {
      throw new CliException(String.valueOf(e.getMessage()), e);
    } catch (IllegalArgumentException e) {
      throw new CliException(origin + ": " + e.getMessage(), e);
    }
  }

  private static ModelInput input(YamlMap input, Sample sample) {
    String feature = input.text("feature", "a feature of the sample");
    if (!sample.features().contains(feature)) {
      throw input.wrong("feature", "a feature of the sample");
    }
    double baseline = input.has("baseline") ? number(input, "baseline") : sample.median(feature);
    if (!input.has("mean") && !input.has("std") && !input.has("log1p")) {
      return new ModelInput(feature, baseline, null);
    }
    boolean log1p =
        input.has("log1p")
            && Boolean.TRUE.equals(
                input.choice("log1p", java.util.Map.of("true", true, "false", false)));
    double clip = input.has("clip") ? number(input, "clip") : ModelInput.CLIP;
    return new ModelInput(
        feature,
        baseline,
        new ModelInput.Scaling(log1p, number(input, "mean"), number(input, "std"), clip));
  }

  private static double number(YamlMap map, String key) {
    try {
      return Double.parseDouble(map.text(key, "a number"));
    } catch (NumberFormatException e) {
      throw map.wrong(key, "a number");
    }
  }
}
