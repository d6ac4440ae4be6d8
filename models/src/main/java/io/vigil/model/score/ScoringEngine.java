package io.vigil.model.score;

import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;
import java.util.TreeSet;

/**
 * What runs the models of one file format: the port that an engine implements. Found on the class
 * path by {@link ServiceLoader}; see docs/engines.md for how to add one. Thread-safe.
 */
public interface ScoringEngine {

  /** What a manifest calls it, such as {@code pytorch}. */
  String name();

  /** The name of its file in a bundle, such as {@code model.pt}. */
  String modelFile();

  /**
   * Looks at a model from outside, in Java: after this the file may reach native code.
   *
   * @param model the file, of bounded size
   * @param shape of the rows that it will be given
   * @throws IllegalArgumentException saying what is wrong with it
   */
  void inspect(byte[] model, InputShape shape);

  /**
   * Loads a model, warms it up, and checks that it scores rows of that shape.
   *
   * @param model a file that {@link #inspect} passed
   * @param shape of the rows
   * @param device {@code auto}, {@code cpu} or {@code gpu:N}
   * @throws IllegalArgumentException when the device is none of these
   * @throws ScoringException when the engine does not start, or the model does not load or score
   */
  Scorer load(byte[] model, InputShape shape, String device);

  /** All engines on the class path. */
  static List<ScoringEngine> all() {
    List<ScoringEngine> engines = new ArrayList<>();
    ServiceLoader.load(ScoringEngine.class, ScoringEngine.class.getClassLoader())
        .forEach(engines::add);
    return engines;
  }

  /**
   * The engine of that name.
   *
   * @throws IllegalArgumentException naming those there are
   */
  static ScoringEngine named(String name) {
    TreeSet<String> known = new TreeSet<>();
    for (ScoringEngine engine : all()) {
      if (engine.name().equals(name)) {
        return engine;
      }
      known.add(engine.name());
    }
    throw new IllegalArgumentException(
        "engine must be one of %s, came '%s'".formatted(known, name));
  }
}
