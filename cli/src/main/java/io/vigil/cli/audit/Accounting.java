package io.vigil.cli.audit;

import io.vigil.job.record.Kind;
import io.vigil.model.order.PartitionClock;
import io.vigil.model.proof.ProofKind;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Goes through each partition in the order of its offsets, with its clock: every input has one
 * answer, at the effective time that the clock gives it, and no answer is without an input. Hands
 * all of them on to the place where they stand in the proof. Thread-confined.
 */
final class Accounting {
  private final ByteSort origins;
  private final LeafSort leaves;
  private final long boundMs;
  private final long untilMs;
  private final Trouble trouble;
  private @Nullable Sighting last;
  private PartitionClock clock;
  private long open;
  private long openSinceMs = Long.MAX_VALUE;

  /**
   * @param origins entries of {@link Sighting}
   * @param leaves gets every record of them
   * @param boundMs the job's disorder bound
   * @param untilMs what stands from here on is not proved yet, and may have no answer yet
   */
  Accounting(ByteSort origins, LeafSort leaves, long boundMs, long untilMs, Trouble trouble) {
    this.origins = origins;
    this.leaves = leaves;
    this.boundMs = boundMs;
    this.untilMs = untilMs;
    this.trouble = trouble;
    this.clock = new PartitionClock(boundMs, PartitionClock.UNSET_MS);
  }

  /** Inputs that are not proved yet. */
  long open() {
    return open;
  }

  /** Where the first of them stands; {@link Long#MAX_VALUE} without any. */
  long openSinceMs() {
    return openSinceMs;
  }

  /** Goes through all. */
  void run() throws IOException {
    List<Sighting> group = new ArrayList<>();
    for (byte[] entry = origins.next(); entry != null; entry = origins.next()) {
      Sighting next = Sighting.of(entry);
      if (!group.isEmpty() && !sameOrigin(group.get(0), next)) {
        account(group);
        group.clear();
      }
      group.add(next);
    }
    if (!group.isEmpty()) {
      account(group);
    }
  }

  private static boolean samePartition(Sighting a, Sighting b) {
    return a.partition() == b.partition() && a.topic().equals(b.topic());
  }

  private static boolean sameOrigin(Sighting a, Sighting b) {
    return a.offset() == b.offset() && samePartition(a, b);
  }

  /** All records of one origin, the input first. */
  private void account(List<Sighting> group) throws IOException {
    Sighting first = group.get(0);
    if (last == null || !samePartition(last, first)) {
      clock = new PartitionClock(boundMs, PartitionClock.UNSET_MS);
    }
    last = first;
    if (!first.isInput()) {
      for (Sighting answer : group) {
        trouble.found(
            "input_missing",
            answer.origin(),
            "an input for each answer",
            "one of " + answer.kind().folder() + " alone");
        leaves.add(answer.kind(), answer.timeMs(), answer.hash(), answer.bytes());
      }
      return;
    }
    List<Sighting> answers = group.stream().filter(each -> !each.isInput()).toList();
    if (group.size() - answers.size() > 1) {
      trouble.found(
          "input_repeated", first.origin(), "one input", (group.size() - answers.size()) + "");
    }
    long standsMs = place(first, answers);
    for (Sighting each : group) {
      leaves.add(each.kind(), standsMs, each.hash(), each.bytes());
    }
    if (standsMs >= untilMs) {
      open++;
      openSinceMs = Math.min(openSinceMs, standsMs);
    } else if (answers.isEmpty()) {
      trouble.found(
          "answer_missing",
          first.origin(),
          first.what() == Kind.TRANSACTION
              ? "a decision, a receipt or a dead letter"
              : "a receipt or a dead letter",
          "none");
    }
    if (answers.size() > 1) {
      trouble.found(
          "answer_repeated",
          first.origin(),
          "one answer",
          String.join(", ", answers.stream().map(each -> each.kind().folder()).toList()));
    }
  }

  /** Where the input and its answers stand; says what differs from what the clock says. */
  private long place(Sighting input, List<Sighting> answers) {
    long nextMs = clock.nowMs() == PartitionClock.UNSET_MS ? 0 : clock.nowMs() + 1;
    if (answers.stream().anyMatch(a -> a.kind() == ProofKind.DEAD_LETTERS && a.flag())) {
      return nextMs;
    }
    if (Arrays.equals(input.content(), RecordScan.UNREADABLE)) {
      trouble.found(
          "input_unreadable",
          input.origin(),
          "a record, or a dead letter that says why",
          "neither");
      return nextMs;
    }
    boolean tick = input.what() == Kind.TICK;
    boolean late = !tick && clock.isLate(input.eventTimeMs());
    long effectiveMs =
        switch (input.what()) {
          case TICK -> {
            clock.tick(input.eventTimeMs());
            yield clock.nowMs();
          }
          case DEPLOYMENT -> nextMs;
          case LABEL, EVENT, PROFILE, TRANSACTION -> clock.record(input.eventTimeMs());
        };
    effective(input, effectiveMs, late);
    for (Sighting answer : answers) {
      if (answer.kind() == ProofKind.DEAD_LETTERS) {
        continue;
      }
      effective(answer, effectiveMs, answer.kind() == ProofKind.DECISIONS && late);
      if (answer.what() != input.what()) {
        trouble.found(
            "answer_kind",
            input.origin(),
            "what answers a " + input.what(),
            answer.kind().folder() + " of a " + answer.what());
      } else if (answer.kind() == ProofKind.DECISIONS
          && !Arrays.equals(answer.content(), input.content())) {
        trouble.found(
            "transaction_differs",
            input.origin(),
            "the input's transaction in its decision",
            "another");
      }
    }
    return tick ? nextMs : effectiveMs;
  }

  private void effective(Sighting sighting, long effectiveMs, boolean late) {
    if (sighting.timeMs() != effectiveMs || sighting.flag() != late) {
      trouble.found(
          "effective_time",
          sighting.origin() + " in " + sighting.kind().folder(),
          effectiveMs + " ms" + (late ? ", late" : "") + ", as the partition's clock says",
          sighting.timeMs() + " ms" + (sighting.flag() ? ", late" : ""));
    }
  }
}
