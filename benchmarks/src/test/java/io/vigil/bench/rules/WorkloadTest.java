package io.vigil.bench.rules;

import static org.assertj.core.api.Assertions.assertThat;

import io.vigil.model.event.Field;
import io.vigil.model.rule.EntryList;
import io.vigil.model.rule.Lists;
import io.vigil.model.rule.RuleSet;
import java.util.List;
import org.junit.jupiter.api.Test;

class WorkloadTest {
  private static final int ENTRIES = 1_000;

  @Test
  void oneTextInAHundredIsOnItsListInEveryVersion() {
    List<Workload.Payment> payments = Workload.payments(20_000, ENTRIES);
    for (int version = 1; version <= 3; version++) {
      EntryList devices = EntryList.read(Workload.list(0, version, ENTRIES), "list-0");
      long listed =
          payments.stream()
              .map(payment -> payment.text(Field.DEVICE))
              .filter(device -> device != null && devices.contains(device))
              .count();

      assertThat(devices.size()).isEqualTo(ENTRIES);
      assertThat(listed).isBetween(150L, 250L);
    }
  }

  @Test
  void aFifthOfTheRulesAsksLists() {
    RuleSet with = Workload.rules(500, 10);
    RuleSet without = Workload.rules(500, 0);
    Lists lists = Lists.of(Workload.lists(10, ENTRIES));

    with.require(lists);
    assertThat(with.rules().stream().filter(rule -> !rule.when().listUses().isEmpty()))
        .hasSize(100);
    assertThat(with.requiredLists()).hasSize(10);
    assertThat(without.requiredLists()).isEmpty();
    assertThat(without.rules()).hasSize(500);
  }
}
