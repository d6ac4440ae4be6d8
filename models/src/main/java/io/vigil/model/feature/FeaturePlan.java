package io.vigil.model.feature;

import io.vigil.model.event.Entity;
import io.vigil.model.event.Facts;
import io.vigil.model.event.Field;
import io.vigil.model.expression.Expression;
import io.vigil.model.expression.ExpressionException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A compiled spec: a plan for each entity that its features need, and what finishes the vector from
 * their results. It owns scratch: one instance a thread.
 */
public final class FeaturePlan {
  /** Raised when the same spec yields other numbers than before. */
  private static final String SEMANTICS = "vigil-features 1";

  private final String fingerprint;
  private final List<String> names;
  private final List<EntityPlan> entities;
  private final Step[] steps;
  private final double[] values;

  /** How one value of the vector is found once the entities have answered. */
  private sealed interface Step {
    double defaultValue();
  }

  private record Part(int entity, int output, double defaultValue) implements Step {}

  private record Quotient(Operand dividend, Operand divisor, double defaultValue) implements Step {}

  private record Formula(Expression expression, double defaultValue) implements Step {}

  /** An event's field, or when that is null an earlier value. */
  private record Operand(@Nullable Field field, int value) {}

  private FeaturePlan(
      String fingerprint, List<String> names, List<EntityPlan> entities, Step[] steps) {
    this.fingerprint = fingerprint;
    this.names = names;
    this.entities = entities;
    this.steps = steps;
    values = new double[steps.length];
  }

  /**
   * Compiles a spec.
   *
   * @throws IllegalArgumentException when an expression or a ratio names what does not exist; a
   *     spec that was read from YAML compiles
   */
  public static FeaturePlan compile(FeatureSpec spec) {
    Map<Entity, List<Feature.Aggregated>> byEntity = new TreeMap<>();
    for (Feature feature : spec.features()) {
      if (feature instanceof Feature.Aggregated aggregated) {
        byEntity.computeIfAbsent(aggregated.entity(), entity -> new ArrayList<>()).add(aggregated);
      }
    }
    List<EntityPlan> entities = new ArrayList<>();
    byEntity.forEach((entity, features) -> entities.add(new EntityPlan(entity, features)));
    List<Entity> order = List.copyOf(byEntity.keySet());
    List<String> names = new ArrayList<>();
    List<Step> steps = new ArrayList<>();
    for (Feature feature : spec.features()) {
      if (feature instanceof Feature.Aggregated aggregated) {
        List<Feature.Aggregated> siblings = byEntity.getOrDefault(aggregated.entity(), List.of());
        steps.add(
            new Part(
                order.indexOf(aggregated.entity()),
                siblings.indexOf(aggregated),
                aggregated.defaultValue()));
      } else if (feature instanceof Feature.Ratio ratio) {
        steps.add(
            new Quotient(
                operand(ratio.dividend(), names),
                operand(ratio.divisor(), names),
                ratio.defaultValue()));
      } else if (feature instanceof Feature.Computed computed) {
        steps.add(new Formula(parse(computed, names), computed.defaultValue()));
      }
      names.add(feature.name());
    }
    return new FeaturePlan(
        fingerprint(spec.features()),
        List.copyOf(names),
        List.copyOf(entities),
        steps.toArray(Step[]::new));
  }

  private static Operand operand(String name, List<String> earlier) {
    Field field = Field.byId(name);
    if (field == null && !earlier.contains(name)) {
      throw new IllegalArgumentException(
          "ratio: expected an earlier feature or a number field, got " + name);
    }
    return new Operand(field, earlier.indexOf(name));
  }

  private static Expression parse(Feature.Computed feature, List<String> earlier) {
    try {
      return Expression.parse(feature.source(), List.copyOf(earlier));
    } catch (ExpressionException e) {
      throw new IllegalArgumentException(feature.name() + ": " + e.getMessage(), e);
    }
  }

  /**
   * SHA-256 in hex over what the vector means: the names and definitions of the features in their
   * order and the version of the engine's semantics; not the spec's own name and version, nor
   * comments and layout. Equal fingerprints mean that vectors and entity states are
   * interchangeable.
   */
  public String fingerprint() {
    return fingerprint;
  }

  /** The features' names in the order of the vector. */
  public List<String> names() {
    return names;
  }

  /** Plans for the entities that the features need, and only those, in the order of Entity. */
  public List<EntityPlan> entities() {
    return entities;
  }

  /**
   * Builds the vector of a transaction.
   *
   * @param parts by index in {@link #entities()} what its plan computed for this transaction; null
   *     when the transaction lacks that entity
   * @param vector receives as many values as there are names, at 0 onwards: finite, never NaN or
   *     negative zero; what has no value is the feature's default, and magnitudes beyond float32
   *     are held at its greatest
   */
  public void finish(Facts facts, double[] @Nullable [] parts, float[] vector) {
    for (int index = 0; index < steps.length; index++) {
      Step step = steps[index];
      double value;
      if (step instanceof Part part) {
        double[] results = parts[part.entity];
        value = results == null ? Double.NaN : results[part.output];
      } else if (step instanceof Quotient quotient) {
        double divisor = value(quotient.divisor, facts);
        value = divisor == 0 ? Double.NaN : value(quotient.dividend, facts) / divisor;
      } else {
        value = ((Formula) step).expression.number(facts, values);
      }
      if (Double.isNaN(value)) {
        value = step.defaultValue();
      }
      // Adding 0.0 turns -0.0 into 0.0, so that equal vectors have equal bytes.
      value = Math.max(-Float.MAX_VALUE, Math.min(Float.MAX_VALUE, value)) + 0.0;
      values[index] = value;
      vector[index] = (float) value + 0.0f;
    }
  }

  private double value(Operand operand, Facts facts) {
    return operand.field == null ? values[operand.value] : facts.number(operand.field);
  }

  private static String fingerprint(List<Feature> features) {
    StringBuilder canonical = new StringBuilder(SEMANTICS).append('\n');
    for (Feature feature : features) {
      append(canonical, feature.name());
      if (feature instanceof Feature.Aggregated aggregated) {
        append(canonical, aggregated.entity().field().id());
        append(canonical, aggregated.aggregate().id());
        Field of = aggregated.of();
        append(canonical, of == null ? "" : of.id());
        Window window = aggregated.window();
        if (window != null) {
          append(canonical, "window " + window.lengthMs() + " delay " + window.delayMs());
          append(canonical, window.includesCurrent() ? "with current" : "without current");
        }
      } else if (feature instanceof Feature.Ratio ratio) {
        append(canonical, "ratio");
        append(canonical, ratio.dividend());
        append(canonical, ratio.divisor());
      } else if (feature instanceof Feature.Computed computed) {
        append(canonical, "expression");
        append(canonical, computed.source());
      }
      // Not Double.toString, whose digits differ between Java versions.
      append(canonical, Double.toHexString(feature.defaultValue()));
      canonical.append('\n');
    }
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256")
              .digest(canonical.toString().getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  /** Lengths make the parts of a line unambiguous. */
  private static void append(StringBuilder canonical, String part) {
    canonical.append(part.length()).append(':').append(part).append(' ');
  }
}
