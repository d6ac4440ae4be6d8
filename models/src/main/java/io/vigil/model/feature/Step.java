package io.vigil.model.feature;

import io.vigil.model.event.Facts;
import io.vigil.model.event.Field;
import io.vigil.model.expression.Expression;
import io.vigil.model.expression.ExpressionException;
import java.time.Instant;
import java.time.zone.ZoneRules;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** How one value of the vector is found once the entities have answered. Immutable. */
sealed interface Step {

  /**
   * The value, NaN when there is none.
   *
   * @param parts what the entities computed, null for those that the transaction lacks
   * @param values those before this one, none of them missing
   */
  double value(Facts facts, double[] @Nullable [] parts, double[] values);

  /**
   * The step of a feature that is derived from others and the event.
   *
   * @param earlier names of the features before it, by their index among the values
   * @throws IllegalArgumentException when it names what does not exist, or is no derived feature
   */
  static Step of(Feature feature, List<String> earlier) {
    if (feature instanceof Feature.Ratio ratio) {
      return new Quotient(
          operand(ratio, ratio.dividend(), earlier), operand(ratio, ratio.divisor(), earlier));
    }
    if (feature instanceof Feature.Difference difference) {
      return new Difference(
          operand(difference, difference.minuend(), earlier),
          operand(difference, difference.subtrahend(), earlier));
    }
    if (feature instanceof Feature.ZScore score) {
      return new ZScore(
          operand(score, score.value(), earlier),
          operand(score, score.mean(), earlier),
          operand(score, score.deviation(), earlier));
    }
    if (feature instanceof Feature.Log1p log) {
      return new SignedLog(operand(log, log.of(), earlier));
    }
    if (feature instanceof Feature.Clip clip) {
      return new Clip(operand(clip, clip.of(), earlier), clip.low(), clip.high());
    }
    if (feature instanceof Feature.Computed computed) {
      return new Formula(parse(computed, computed.source(), earlier));
    }
    if (feature instanceof Feature.OneHot hot) {
      return new OneHot(text(hot, hot.text()), hot.value());
    }
    if (feature instanceof Feature.HashBucket bucket) {
      Field field = Field.byId(bucket.text());
      return field != null && Codes.fields().contains(field)
          ? new FieldBucket(field, bucket.buckets())
          : new Bucket(text(bucket, bucket.text()), bucket.buckets());
    }
    if (feature instanceof Feature.Cyclic cyclic) {
      return new Coordinate(cyclic.cycle(), cyclic.wave(), cyclic.zone().getRules());
    }
    throw new IllegalArgumentException(feature.name() + ": expected a derived feature");
  }

  private static Operand operand(Feature feature, String name, List<String> earlier) {
    Field field = Field.byId(name);
    int value = earlier.indexOf(name);
    if (field == null ? value < 0 : field.type() != Field.Type.NUMBER) {
      throw new IllegalArgumentException(
          feature.name() + ": expected an earlier feature or a number field, got " + name);
    }
    return new Operand(field, value);
  }

  private static Expression text(Feature feature, String source) {
    Expression expression = parse(feature, source, List.of());
    if (expression.type() != Expression.Type.TEXT) {
      throw new IllegalArgumentException(
          feature.name() + ": expected a text field or attribute, got " + source);
    }
    return expression;
  }

  private static Expression parse(Feature feature, String source, List<String> earlier) {
    try {
      return Expression.parse(source, List.copyOf(earlier));
    } catch (ExpressionException e) {
      throw new IllegalArgumentException(feature.name() + ": " + e.getMessage(), e);
    }
  }

  /** An event's field, or when that is null an earlier value. */
  record Operand(@Nullable Field field, int value) {
    double of(Facts facts, double[] values) {
      return field == null ? values[value] : facts.number(field);
    }
  }

  /** What an entity computed. */
  record Part(int entity, int output) implements Step {
    @Override
    public double value(Facts facts, double[] @Nullable [] parts, double[] values) {
      double[] results = parts[entity];
      return results == null ? Double.NaN : results[output];
    }
  }

  record Quotient(Operand dividend, Operand divisor) implements Step {
    @Override
    public double value(Facts facts, double[] @Nullable [] parts, double[] values) {
      double below = divisor.of(facts, values);
      return below == 0 ? Double.NaN : dividend.of(facts, values) / below;
    }
  }

  record Difference(Operand minuend, Operand subtrahend) implements Step {
    @Override
    public double value(Facts facts, double[] @Nullable [] parts, double[] values) {
      return minuend.of(facts, values) - subtrahend.of(facts, values);
    }
  }

  record ZScore(Operand operand, Operand mean, Operand deviation) implements Step {
    @Override
    public double value(Facts facts, double[] @Nullable [] parts, double[] values) {
      double below = deviation.of(facts, values);
      return below == 0 ? Double.NaN : (operand.of(facts, values) - mean.of(facts, values)) / below;
    }
  }

  record SignedLog(Operand operand) implements Step {
    @Override
    public double value(Facts facts, double[] @Nullable [] parts, double[] values) {
      double x = operand.of(facts, values);
      // StrictMath, because Math may differ in the last bit from machine to machine.
      return Math.copySign(StrictMath.log1p(Math.abs(x)), x);
    }
  }

  record Clip(Operand operand, double low, double high) implements Step {
    @Override
    public double value(Facts facts, double[] @Nullable [] parts, double[] values) {
      return Math.max(low, Math.min(high, operand.of(facts, values)));
    }
  }

  record Formula(Expression expression) implements Step {
    @Override
    public double value(Facts facts, double[] @Nullable [] parts, double[] values) {
      return expression.number(facts, values);
    }
  }

  record OneHot(Expression source, String member) implements Step {
    @Override
    public double value(Facts facts, double[] @Nullable [] parts, double[] values) {
      String text = source.text(facts, values);
      return text == null ? Double.NaN : text.equals(member) ? 1 : 0;
    }
  }

  record Bucket(Expression source, int buckets) implements Step {
    @Override
    public double value(Facts facts, double[] @Nullable [] parts, double[] values) {
      return Codes.bucket(TextHash.of(source.text(facts, values)), buckets);
    }
  }

  record FieldBucket(Field field, int buckets) implements Step {
    @Override
    public double value(Facts facts, double[] @Nullable [] parts, double[] values) {
      return Codes.bucket(Codes.hash(facts, field), buckets);
    }
  }

  record Coordinate(Feature.Cycle cycle, Feature.Wave wave, ZoneRules rules) implements Step {
    private static final long MS_PER_SECOND = 1_000;
    private static final long HOUR_MS = 3_600_000;
    private static final long DAY_MS = 24 * HOUR_MS;

    /** 1 January 1970 was a Thursday, three days after a Monday. */
    private static final int EPOCH_DAYS_SINCE_MONDAY = 3;

    @Override
    public double value(Facts facts, double[] @Nullable [] parts, double[] values) {
      Instant time = Instant.ofEpochMilli(facts.eventTimeMs());
      long localMs = facts.eventTimeMs() + rules.getOffset(time).getTotalSeconds() * MS_PER_SECOND;
      long steps =
          switch (cycle) {
            case HOUR -> Math.floorDiv(localMs, HOUR_MS);
            case WEEKDAY -> Math.floorDiv(localMs, DAY_MS) + EPOCH_DAYS_SINCE_MONDAY;
          };
      double angle = 2 * Math.PI * Math.floorMod(steps, cycle.steps()) / cycle.steps();
      return switch (wave) {
        case SIN -> StrictMath.sin(angle);
        case COS -> StrictMath.cos(angle);
      };
    }
  }
}
