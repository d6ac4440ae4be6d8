package io.vigil.cli.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vigil.cli.ingest.Source.Tokenise;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class TokeniserTest {
  @TempDir
  @SuppressWarnings("NullAway.Init") // JUnit sets it.
  private Path directory;

  /** The expected value comes from Python's hmac module. */
  @Test
  void isHmacSha256InHex() {
    Tokeniser tokeniser =
        Tokeniser.load(
            Map.of(Tokeniser.KEY_VARIABLE, "000102030405060708090a0b0c0d0e0f"),
            directory,
            notice -> {});

    String token = tokeniser.token(Tokenise.PAN, "4111111111111111");

    assertThat(token).isEqualTo("033d75802f5b51d36980fde8cf982496259bea338b1681c62909ee8319886bd6");
    assertThat(tokeniser.token(Tokenise.PAN, "4111 1111-1111 1111")).isEqualTo(token);
    assertThat(tokeniser.token(Tokenise.IP, "FE80::1"))
        .isEqualTo(tokeniser.token(Tokenise.IP, "fe80::1"));
  }

  @Test
  void hexAndBase64AndAFileAreTheSameKey() throws IOException {
    Path file = Files.writeString(directory.resolve("key"), "AAECAwQFBgcICQoLDA0ODw==\n");
    String expected = load(Map.of(Tokeniser.KEY_VARIABLE, "000102030405060708090A0B0C0D0E0F"));

    assertThat(load(Map.of(Tokeniser.KEY_VARIABLE, "AAECAwQFBgcICQoLDA0ODw==")))
        .isEqualTo(expected);
    assertThat(load(Map.of(Tokeniser.KEY_FILE_VARIABLE, file.toString()))).isEqualTo(expected);
  }

  @Test
  void makesALocalKeyOnceAndSaysSo() throws IOException {
    List<String> notices = new ArrayList<>();
    Path data = directory.resolve("data");

    Tokeniser first = Tokeniser.load(Map.of(), data, notices::add);
    Tokeniser second = Tokeniser.load(Map.of(), data, notices::add);

    assertThat(second.token(Tokenise.PAN, "1")).isEqualTo(first.token(Tokenise.PAN, "1"));
    assertThat(notices).hasSize(1).first().asString().contains("pan.key", "VIGIL_PAN_KEY_FILE");
    assertThat(
            PosixFilePermissions.toString(Files.getPosixFilePermissions(data.resolve("pan.key"))))
        .isEqualTo("rw-------");
    try (var files = Files.list(data)) {
      assertThat(files).hasSize(1);
    }
  }

  @Test
  void refusesBadKeysWithoutShowingThem() {
    assertThatThrownBy(() -> load(Map.of(Tokeniser.KEY_VARIABLE, "sécret sécret")))
        .isInstanceOf(IngestException.class)
        .hasMessageContaining("VIGIL_PAN_KEY: expected a key in hex or base64")
        .hasNoCause()
        .hasMessageNotContaining("cret ");
    assertThatThrownBy(() -> load(Map.of(Tokeniser.KEY_VARIABLE, "abcdef")))
        .isInstanceOf(IngestException.class)
        .hasMessageContaining("at least 16 bytes, got 3");
    assertThatThrownBy(() -> load(Map.of(Tokeniser.KEY_FILE_VARIABLE, "/no/such/key")))
        .isInstanceOf(IngestException.class)
        .hasMessageContaining("VIGIL_PAN_KEY_FILE")
        .hasMessageContaining("/no/such/key");
  }

  @Test
  void knowsTheNextKeyWhileTheKeyIsBeingChanged() throws IOException {
    String now = "000102030405060708090a0b0c0d0e0f";
    String next = "100102030405060708090a0b0c0d0e0f";
    Path file = Files.writeString(directory.resolve("next"), next + "\n");
    String expected = load(Map.of(Tokeniser.KEY_VARIABLE, next));

    for (Map.Entry<String, String> way :
        Map.of(Tokeniser.NEXT_KEY_VARIABLE, next, Tokeniser.NEXT_KEY_FILE_VARIABLE, file.toString())
            .entrySet()) {
      Tokeniser both =
          Tokeniser.load(
              Map.of(Tokeniser.KEY_VARIABLE, now, way.getKey(), way.getValue()),
              directory,
              notice -> {});
      assertThat(both.token(Tokenise.PAN, "4111"))
          .isEqualTo(load(Map.of(Tokeniser.KEY_VARIABLE, now)));
      assertThat(both.nextToken(Tokenise.PAN, "41-11")).isEqualTo(expected);
    }
    assertThat(new Tokeniser(new byte[16]).nextToken(Tokenise.PAN, "4111")).isNull();
    assertThatThrownBy(
            () -> load(Map.of(Tokeniser.KEY_VARIABLE, now, Tokeniser.NEXT_KEY_VARIABLE, now)))
        .isInstanceOf(IngestException.class)
        .hasMessage(
            "next key for card numbers: expected another than the one in use, got the same");
    assertThatThrownBy(
            () ->
                load(Map.of(Tokeniser.KEY_VARIABLE, now, Tokeniser.NEXT_KEY_FILE_VARIABLE, "/no")))
        .hasMessageContaining("VIGIL_PAN_KEY_NEXT_FILE");
  }

  private String load(Map<String, String> environment) {
    return Tokeniser.load(environment, directory, notice -> {}).token(Tokenise.PAN, "4111");
  }
}
