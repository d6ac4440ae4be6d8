package io.vigil.console.access;

import static org.assertj.core.api.Assertions.assertThat;

import io.vigil.console.TestDatabase;
import io.vigil.console.store.Database;
import java.time.Clock;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class OutsidersTest {

  @Test
  void makesNamesOfWhatProvidersSay() {
    assertThat(Outsiders.nameOf("ada")).isEqualTo("ada");
    assertThat(Outsiders.nameOf("Ada.Lovelace@bank.example")).isEqualTo("ada.lovelace");
    assertThat(Outsiders.nameOf("BANK\\Ada Lovelace")).isEqualTo("bank-ada-lovelace");
    assertThat(Outsiders.nameOf("<script>")).isEqualTo("script");
    assertThat(Outsiders.nameOf("x".repeat(99))).hasSize(32);
    assertThat(Outsiders.nameOf("\u202e123")).isEqualTo("person");
    assertThat(Outsiders.nameOf(null)).isEqualTo("person");
  }

  @Property
  void anyTextMakesAName(@ForAll String text) {
    assertThat(People.isName(Outsiders.nameOf(text))).isTrue();
  }

  @Test
  void onePersonWhoComesTwiceAtOnceIsOne() {
    try (Database database = TestDatabase.open()) {
      Outsiders outsiders = new Outsiders(database, Clock.systemUTC(), new AccessLog(database));
      Set<String> names = ConcurrentHashMap.newKeySet();
      IntStream.range(0, 40)
          .parallel()
          .forEach(
              i ->
                  names.add(
                      outsiders
                          .enter("https://id", "s" + i % 2, "Ada", Role.ANALYST, "127.0.0.1")
                          .session()
                          .person()));
      assertThat(names).containsExactlyInAnyOrder("ada", "ada-2");
    }
  }
}
