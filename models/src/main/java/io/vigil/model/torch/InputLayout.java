package io.vigil.model.torch;

import io.vigil.model.score.InputShape;
import io.vigil.model.score.ModelInput;
import io.vigil.model.train.TrainingSet;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Which features a network reads as single values, and which as the steps of its sequence.
 *
 * @param values names of the single values, in the order of the spec
 * @param events of the sequence, the oldest first: of each, the names of its steps' features, all
 *     events in the same order; empty without a sequence
 */
record InputLayout(List<String> values, List<List<String>> events) {

  /**
   * Sorts features by their names: {@code SEQUENCE_K_STEP} is the step of the event K back, all
   * other names are single values.
   *
   * @param sequence name of the sequence, null for none
   * @throws IllegalArgumentException when there is no such feature, an event of the sequence is
   *     missing, or events differ in their steps
   */
  static InputLayout of(List<String> features, @Nullable String sequence) {
    List<String> values = new ArrayList<>();
    // Events by how far back they are, the oldest first, then features by the name of their step.
    TreeMap<Integer, Map<String, String>> events = new TreeMap<>(Comparator.reverseOrder());
    Pattern step = Pattern.compile(Pattern.quote(sequence + "_") + "([1-9]\\d{0,3})_(.+)");
    for (String feature : features) {
      Matcher matcher = step.matcher(feature);
      if (sequence != null && matcher.matches()) {
        events
            .computeIfAbsent(Integer.valueOf(matcher.group(1)), back -> new LinkedHashMap<>())
            .put(matcher.group(2), feature);
      } else {
        values.add(feature);
      }
    }
    if (sequence == null) {
      return new InputLayout(values, List.of());
    }
    if (events.isEmpty()) {
      throw new IllegalArgumentException(
          "no features %s_K_STEP of the sequence among %s".formatted(sequence, features));
    }
    Map<String, String> oldest = events.firstEntry().getValue();
    List<List<String>> names = new ArrayList<>();
    for (int back = events.firstKey(); back >= 1; back--) {
      Map<String, String> event = events.getOrDefault(back, Map.of());
      if (!event.keySet().equals(oldest.keySet())) {
        throw new IllegalArgumentException(
            "sequence %s: expected the steps %s of the event %d back as of the oldest, came %s"
                .formatted(sequence, oldest.keySet(), back, event.keySet()));
      }
      names.add(oldest.keySet().stream().map(event::get).toList());
    }
    return new InputLayout(values, names);
  }

  InputShape shape() {
    return new InputShape(
        values.size(), events.size(), events.isEmpty() ? 0 : events.get(0).size());
  }

  /**
   * The normalisation that rows ask for, in the order of the shape. A step is scaled alike in all
   * events: the network compares them, and a quantity must not look different for being older.
   *
   * @param logarithms see {@link io.vigil.model.train.NetworkOptions}
   * @param clip likewise
   */
  List<ModelInput> scaled(TrainingSet rows, boolean logarithms, double clip) {
    List<ModelInput> inputs = new ArrayList<>(rows.scaledInputs(values, logarithms, clip));
    int fields = shape().fields();
    List<List<ModelInput>> steps = new ArrayList<>();
    for (int field = 0; field < fields; field++) {
      int at = field;
      steps.add(
          rows.scaledAlike(events.stream().map(event -> event.get(at)).toList(), logarithms, clip));
    }
    for (int event = 0; event < events.size(); event++) {
      for (List<ModelInput> step : steps) {
        inputs.add(step.get(event));
      }
    }
    return inputs;
  }
}
