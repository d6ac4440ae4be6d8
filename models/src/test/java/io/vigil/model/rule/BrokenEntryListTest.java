package io.vigil.model.rule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.vigil.model.artefact.ArtefactException;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every broken list is refused with its line, what was expected, and what came. */
class BrokenEntryListTest {
  private static final String SOUND =
      """
      # Devices.
      name: blocked-devices
      version: 3
      of: device

      d1
      # more
      d2
      """;

  private static Arguments broken(String from, String to, int line, String message) {
    assertThat(SOUND).contains(from);
    return Arguments.of(SOUND.replace(from, to), line, message);
  }

  static Stream<Arguments> broken() {
    return Stream.of(
        Arguments.of("", 1, "expected 'name: ', got the end"),
        Arguments.of("# nothing\n", 2, "expected 'name: ', got the end"),
        Arguments.of("name: a\nversion: 1\n", 3, "expected 'of: ', got the end"),
        broken("name: blocked-devices\n", "", 2, "expected 'name: ', got version: 3"),
        broken(
            "blocked-devices",
            "Blocked",
            2,
            "expected 'name: ' and a name of lower-case letters, digits, - and _, got name: Blocked"),
        broken("version: 3\n", "", 3, "expected 'version: ', got of: device"),
        broken(
            "version: 3",
            "version: 0",
            3,
            "expected 'version: ' and a whole number from 1 to 999999999, got version: 0"),
        broken("of: device\n", "", 5, "expected 'of: ', got d1"),
        broken(
            "of: device",
            "of: devise",
            4,
            "expected 'of: ' and text fields, or any, got devise; closest: device, "),
        broken(
            "of: device", "of: amount", 4, "expected 'of: ' and text fields, or any, got amount"),
        broken("of: device", "of: 'device'", 4, "expected 'of: ' and text fields, or any, got"),
        broken("of: device", "of: device,", 4, "expected 'of: ' and text fields, or any, got ;"),
        broken("d2", "d1", 8, "expected each entry once, got it again: d1"),
        broken("d2", "d2 ", 8, "expected no blank at the ends of a line, got d2 "),
        broken("d1", " d1", 6, "expected no blank at the ends of a line, got  d1"),
        broken("d1\n", "d1\r\n", 6, "expected a line that ends with LF, got CR before it"),
        broken("name: blocked-devices\n", "name: a\r\n", 2, "expected a line that ends with LF"),
        broken("d2", "d\t2", 8, "expected no control character, got 0x09"),
        broken("d2", "d".repeat(257), 8, "expected at most 256 bytes a line, got 257"),
        broken("d2", "\u00FF", 8, "expected UTF-8, got other bytes"),
        broken(
            "of: device\n\nd1",
            "of: card\n\n4111111111111111",
            6,
            "expected tokens of cards, got a card number, not shown"));
  }

  @ParameterizedTest
  @MethodSource
  void broken(String text, int line, String message) {
    byte[] file = text.getBytes(StandardCharsets.ISO_8859_1);

    ArtefactException thrown =
        catchThrowableOfType(ArtefactException.class, () -> EntryList.read(file, "devices.list"));

    assertThat(thrown).hasMessageStartingWith("devices.list:" + line + ": ");
    assertThat(thrown).hasMessageContaining(message);
    assertThat(thrown.line()).isEqualTo(line);
  }
}
