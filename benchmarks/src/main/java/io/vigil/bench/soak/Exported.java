package io.vigil.bench.soak;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a process tells Prometheus, at one moment.
 *
 * @param samples by name
 */
record Exported(Map<String, List<Sample>> samples) {
  /** A name, labels in braces or none, and a value. */
  private static final Pattern LINE =
      Pattern.compile("([a-zA-Z_:][\\w:]*)(?:\\{(.*)\\})? ([-+.\\w]+)(?: .*)?");

  private static final Pattern LABEL = Pattern.compile("(\\w+)=\"((?:[^\"\\\\]|\\\\.)*)\"");

  /** One line. */
  record Sample(Map<String, String> labels, double value) {}

  /** Reads Prometheus' text format; what is no sample is left out. */
  static Exported parse(String text) {
    Map<String, List<Sample>> samples = new TreeMap<>();
    for (String line : text.lines().toList()) {
      Matcher matcher = LINE.matcher(line);
      if (line.startsWith("#") || !matcher.matches()) {
        continue;
      }
      Map<String, String> labels = new TreeMap<>();
      if (matcher.group(2) != null) {
        Matcher label = LABEL.matcher(matcher.group(2));
        while (label.find()) {
          labels.put(label.group(1), label.group(2));
        }
      }
      samples
          .computeIfAbsent(matcher.group(1), name -> new ArrayList<>())
          .add(new Sample(labels, value(matcher.group(3))));
    }
    return new Exported(samples);
  }

  private static double value(String text) {
    return switch (text) {
      case "+Inf" -> Double.POSITIVE_INFINITY;
      case "-Inf" -> Double.NEGATIVE_INFINITY;
      default -> Double.parseDouble(text);
    };
  }

  /** The sum over all samples of that name; 0 when there is none. */
  double sum(String name) {
    return sum(name, labels -> true);
  }

  /** The sum over those of them whose labels are asked for. */
  double sum(String name, Predicate<Map<String, String>> which) {
    return samples.getOrDefault(name, List.of()).stream()
        .filter(sample -> which.test(sample.labels))
        .mapToDouble(Sample::value)
        .sum();
  }
}
