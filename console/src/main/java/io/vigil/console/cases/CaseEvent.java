package io.vigil.console.cases;

import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What can happen to a case. Events are kept for good under {@link #kind}; a case's current view is
 * what they come to ({@link CaseView}).
 */
public sealed interface CaseEvent {

  /** Under which name it is stored, and shown in the history; never changes its meaning. */
  default String kind() {
    return CaseEvents.kind(getClass());
  }

  /** An alert joined. The first one opens the case. */
  record AlertAdded(AlertFacts alert, boolean trusted, @Nullable Long from) implements CaseEvent {}

  /** All its alerts went to another case. */
  record MergedInto(long into, String by) implements CaseEvent {}

  /** A person took it, or looked at it again. */
  record Claimed() implements CaseEvent {}

  record Released() implements CaseEvent {}

  record Noted(String text) implements CaseEvent {}

  /** A person decided it, alone. */
  record Decided(
      UUID verdictId,
      Verdict verdict,
      @Nullable String scheme,
      List<String> actions,
      @Nullable String note)
      implements CaseEvent {}

  /** A person's verdict that needs another's. */
  record Proposed(
      UUID verdictId,
      Verdict verdict,
      @Nullable String scheme,
      List<String> actions,
      @Nullable String note)
      implements CaseEvent {}

  record Approved(UUID verdictId, @Nullable String note) implements CaseEvent {}

  record Refused(UUID verdictId, @Nullable String note) implements CaseEvent {}

  record Undone(UUID verdictId) implements CaseEvent {}

  record Waiting(Instant until, @Nullable String note) implements CaseEvent {}

  record Snoozed(Instant until, @Nullable String note) implements CaseEvent {}

  /** Waited or snoozed long enough. */
  record Woken() implements CaseEvent {}

  record Escalated(@Nullable String note) implements CaseEvent {}

  record Reopened(@Nullable UUID verdictId, @Nullable String note) implements CaseEvent {}

  record Trusted(
      Instant until, long amountMinor, String reason, @Nullable String party, @Nullable String note)
      implements CaseEvent {}

  record ActionRequested(String actionId, String action, String account) implements CaseEvent {}

  record WhatIf(String transactionId, List<String> fields, @Nullable String model)
      implements CaseEvent {}
}
