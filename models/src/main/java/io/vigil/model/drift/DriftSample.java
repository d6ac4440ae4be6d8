package io.vigil.model.drift;

import io.vigil.model.artefact.Artefacts;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;

/**
 * A sample of the reference from which bins are made: the rows whose ids have the least hashes, so
 * that neither the order of files nor a second reading changes it. A tenth by a sample of {@value
 * #ROWS} rows is between 9.3 and 10.7 % of all rows but for one time in a thousand; what falls into
 * the bins is then counted exactly. Not thread-safe.
 */
final class DriftSample {
  static final int ROWS = 20_000;

  private final int rowsMost;
  private final PriorityQueue<Row> rows =
      new PriorityQueue<>(Comparator.comparing(Row::hash).reversed());

  private record Row(String hash, Observation observation) {}

  DriftSample() {
    this(ROWS);
  }

  DriftSample(int rowsMost) {
    this.rowsMost = rowsMost;
  }

  void add(Observation observation) {
    rows.add(new Row(Artefacts.digest(observation.transactionId()), observation));
    if (rows.size() > rowsMost) {
      rows.remove();
    }
  }

  /** The rows, by their hashes. */
  List<Observation> rows() {
    List<Row> sorted = new ArrayList<>(rows);
    sorted.sort(Comparator.comparing(Row::hash));
    return sorted.stream().map(Row::observation).toList();
  }
}
