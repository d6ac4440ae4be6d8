package io.vigil.bench.rollout;

import io.vigil.job.control.Accounts;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Which models stood in which place when, by the activated records alone: written apart from the
 * job's own way to know it, which it is held against. Not thread-safe.
 */
final class History {
  private final Accounts accounts = new Accounts();
  private final NavigableMap<Long, State> states = new TreeMap<>();

  /** A place that a model takes. */
  enum Place {
    CHAMPION,
    CHALLENGER,
    SHADOW
  }

  /**
   * An activated record.
   *
   * @param model digest, hex
   * @param share of a challenger or a shadow, 1/10,000; 0 ends it
   * @param fromMs effective time, milliseconds since the epoch
   */
  record Activation(Place place, String model, int share, long fromMs) {}

  /**
   * What stands between two activations.
   *
   * @param share of the challenger, 1/10,000 of the accounts
   * @param shadows score beside the one that decides
   */
  record State(String champion, @Nullable String challenger, int share, Set<String> shadows) {}

  /**
   * @param initial the model that the job was started with
   */
  History(String initial, List<Activation> activations) {
    State state = new State(initial, null, 0, Set.of());
    states.put(Long.MIN_VALUE, state);
    for (Activation next :
        activations.stream().sorted(Comparator.comparingLong(Activation::fromMs)).toList()) {
      state = after(state, next);
      states.put(next.fromMs(), state);
    }
  }

  private static State after(State before, Activation next) {
    Set<String> shadows = new TreeSet<>(before.shadows());
    return switch (next.place()) {
      case CHAMPION -> {
        shadows.remove(next.model());
        boolean promoted = next.model().equals(before.challenger());
        yield new State(
            next.model(),
            promoted ? null : before.challenger(),
            promoted ? 0 : before.share(),
            shadows);
      }
      case CHALLENGER ->
          new State(
              before.champion(), next.share() == 0 ? null : next.model(), next.share(), shadows);
      case SHADOW -> {
        shadows.clear();
        if (next.share() > 0) {
          shadows.add(next.model());
        }
        yield new State(before.champion(), before.challenger(), before.share(), shadows);
      }
    };
  }

  State at(long effectiveMs) {
    Map.Entry<Long, State> entry = states.floorEntry(effectiveMs);
    if (entry == null) {
      throw new IllegalStateException("something stands at all times");
    }
    return entry.getValue();
  }

  /** The model that decides for an account, hex digest. */
  String model(String account, long effectiveMs) {
    State state = at(effectiveMs);
    String challenger = state.challenger();
    return challenger != null && accounts.place(account) < state.share()
        ? challenger
        : state.champion();
  }
}
