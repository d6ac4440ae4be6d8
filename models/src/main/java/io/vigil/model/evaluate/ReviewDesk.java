package io.vigil.model.evaluate;

import io.vigil.model.recipe.Recipe;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;

/**
 * Analysts who each day review the accounts that the model in force scored highest, ranked as card
 * precision ranks them. An account with a fraud of the last two weeks that is known already is not
 * reviewed: its card is blocked. Not thread-safe.
 */
public final class ReviewDesk {
  private static final long BLOCKED_MS = 14 * Split.DAY_MS;

  private final Recipe.Feedback feedback;
  private final Random random;

  /**
   * @param seed names the verdicts that are wrong
   */
  public ReviewDesk(Recipe.Feedback feedback, long seed) {
    this.feedback = feedback;
    this.random = new Random(seed);
  }

  /**
   * The verdicts on a day. An analyst who errs clears an account that has frauds, or holds the
   * highest-scored transaction of one that has none to be fraud.
   *
   * @param from the day's first row; it ends with the last row of the history
   * @param logits of its rows
   * @return by row whether it is held to be fraud; all rows of a reviewed account have a verdict
   */
  public Map<Integer, Boolean> review(History history, int from, float[] logits) {
    Set<Integer> blocked = blocked(history, from);
    Map<Integer, Integer> highest = new HashMap<>();
    Set<Integer> compromised = new HashSet<>();
    for (int i = 0; i < logits.length; i++) {
      int account = history.account(from + i);
      int row = from + i;
      highest.merge(account, row, (a, b) -> logits[b - from] > logits[a - from] ? b : a);
      if (history.fraud(row)) {
        compromised.add(account);
      }
    }
    List<Integer> ranked = new ArrayList<>(highest.values());
    ranked.removeIf(row -> blocked.contains(history.account(row)));
    ranked.sort(
        (one, other) -> {
          int byScore = Float.compare(logits[other - from], logits[one - from]);
          return byScore != 0 ? byScore : Integer.compare(one, other);
        });
    Map<Integer, Boolean> wrong = new HashMap<>();
    for (int row : ranked.subList(0, Math.min(feedback.cards(), ranked.size()))) {
      wrong.put(history.account(row), random.nextDouble() < feedback.wrong());
    }
    Map<Integer, Boolean> verdicts = new TreeMap<>();
    for (int row = from; row < from + logits.length; row++) {
      int account = history.account(row);
      Boolean errs = wrong.get(account);
      if (errs != null) {
        boolean accused =
            !compromised.contains(account) && Objects.equals(highest.get(account), row);
        verdicts.put(row, errs ? accused : history.fraud(row));
      }
    }
    return verdicts;
  }

  private static Set<Integer> blocked(History history, int from) {
    long dayMs = history.timeMs(from);
    Set<Integer> blocked = new HashSet<>();
    for (int row = history.from(dayMs - BLOCKED_MS); row < from; row++) {
      if (history.knownMs(row) <= dayMs) {
        blocked.add(history.account(row));
      }
    }
    return blocked;
  }
}
