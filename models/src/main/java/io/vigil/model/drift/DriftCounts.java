package io.vigil.model.drift;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Counts of features and scores over the bins of the reference, the period's by day too. A
 * feature's values go by its name, whatever spec it stood in. Not thread-safe.
 */
final class DriftCounts {
  private final Map<String, Column> features = new LinkedHashMap<>();
  private final Map<String, Column> scores = new LinkedHashMap<>();
  private final IdentityHashMap<List<String>, @Nullable Column[]> places = new IdentityHashMap<>();
  private final Set<String> added = new TreeSet<>();

  /** One feature, or one model's score. */
  static final class Column {
    private final Bins bins;
    private final long[] reference;
    private final long[] period;
    private final NavigableMap<Long, long[]> days = new TreeMap<>();

    private Column(Bins bins) {
      this.bins = bins;
      reference = new long[bins.count()];
      period = new long[bins.count()];
    }

    private void reference(float value) {
      reference[bins.of(value)]++;
    }

    private void period(long day, float value) {
      int bin = bins.of(value);
      period[bin]++;
      days.computeIfAbsent(day, its -> new long[period.length])[bin]++;
    }

    Drifted drifted(String name, double seldom) {
      List<Drifted.Day> byDay = new ArrayList<>();
      days.forEach(
          (day, counts) ->
              byDay.add(new Drifted.Day(day, Stability.of(reference, counts, seldom))));
      return new Drifted(
          name, Stability.of(reference, period, seldom), shares(reference), shares(period), byDay);
    }

    /** By bin, 0 to 1; the last is of missing values. */
    private static List<Double> shares(long[] counts) {
      double all = 0;
      for (long count : counts) {
        all += count;
      }
      List<Double> shares = new ArrayList<>();
      for (long count : counts) {
        shares.add(all == 0 ? 0 : count / all);
      }
      return List.copyOf(shares);
    }
  }

  /** Makes the bins. */
  DriftCounts(List<Observation> sample) {
    Map<String, Values> values = new LinkedHashMap<>();
    Map<String, Values> logits = new LinkedHashMap<>();
    for (Observation row : sample) {
      for (int i = 0; i < row.values().length; i++) {
        values
            .computeIfAbsent(row.names().get(i), name -> new Values(sample.size()))
            .add(row.values()[i]);
      }
      row.scores()
          .forEach(
              (model, score) ->
                  logits
                      .computeIfAbsent(model, its -> new Values(sample.size()))
                      .add(score.logit()));
    }
    values.forEach((name, its) -> features.put(name, new Column(its.bins())));
    logits.forEach((model, its) -> scores.put(model, new Column(its.bins())));
  }

  private static final class Values {
    private final float[] values;
    private int count;

    Values(int most) {
      values = new float[most];
    }

    void add(float value) {
      values[count++] = value;
    }

    Bins bins() {
      return Bins.of(Arrays.copyOf(values, count));
    }
  }

  /** Columns by place; a feature that the reference lacks has none. */
  private @Nullable Column[] places(Observation row) {
    return places.computeIfAbsent(
        row.names(), names -> names.stream().map(features::get).toArray(size -> new Column[size]));
  }

  void reference(Observation row) {
    @Nullable Column[] columns = places(row);
    for (int i = 0; i < row.values().length; i++) {
      Column column = columns[i];
      if (column != null) {
        column.reference(row.values()[i]);
      }
    }
    row.scores()
        .forEach(
            (model, score) -> {
              Column column = scores.get(model);
              if (column != null) {
                column.reference(score.logit());
              }
            });
  }

  void period(Observation row) {
    @Nullable Column[] columns = places(row);
    for (int i = 0; i < row.values().length; i++) {
      Column column = columns[i];
      if (column != null) {
        column.period(row.day(), row.values()[i]);
      } else {
        added.add(row.names().get(i));
      }
    }
    row.scores()
        .forEach(
            (model, score) -> {
              Column column = scores.get(model);
              if (column != null) {
                column.period(row.day(), score.logit());
              }
            });
  }

  /** Names of features that the reference lacks. */
  Set<String> added() {
    return added;
  }

  /** All features of the reference, and beside them the scores by model. */
  Map<String, Column> features() {
    return features;
  }

  Map<String, Column> scores() {
    return scores;
  }
}
