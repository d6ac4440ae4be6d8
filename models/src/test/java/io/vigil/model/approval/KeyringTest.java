package io.vigil.model.approval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vigil.model.artefact.ArtefactException;
import io.vigil.model.artefact.Artefacts;
import java.security.KeyPair;
import java.security.PublicKey;
import java.time.LocalDate;
import java.util.Arrays;
import java.util.Base64;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class KeyringTest {
  private static final PublicKey KEY = SigningKeys.generate().getPublic();
  private static final PublicKey OTHER = SigningKeys.generate().getPublic();
  private static final String VALID =
      """
      format: vigil-keyring-1
      scope: production
      persons:
        - name: ada
          roles: [author, approver]
          keys:
            - {id: "%s", public: "%s", expires: 2026-12-31}
        - name: bob
          roles: [approver]
          keys:
            - {id: "%s", public: "%s", expires: 2026-12-31, revoked: true}
          revoked: false
      """
          .formatted(
              SigningKeys.id(KEY),
              Base64.getEncoder().encodeToString(SigningKeys.raw(KEY)),
              SigningKeys.id(OTHER),
              Base64.getEncoder().encodeToString(OTHER.getEncoded()));

  @Test
  void isReadAsItStands() {
    Keyring ring = Keyring.read(VALID, "keyring.yaml");

    assertThat(ring.scope()).isEqualTo("production");
    assertThat(ring.digest()).isEqualTo(Artefacts.digest(VALID));
    assertThat(ring.persons()).hasSize(2);
    assertThat(ring.persons().get(0).roles()).containsExactly(Role.AUTHOR, Role.APPROVER);
    assertThat(ring.find(SigningKeys.id(KEY)).person().name()).isEqualTo("ada");
    assertThat(ring.find(SigningKeys.id(OTHER)).key().revoked()).isTrue();
    assertThat(ring.find("0000000000000000")).isNull();
    Keyring again = Keyring.read(ring.toYaml(), "again");
    assertThat(again.persons()).isEqualTo(ring.persons());
    assertThat(again.toYaml()).isEqualTo(ring.toYaml());
  }

  static Stream<Arguments> broken() {
    String key = SigningKeys.id(KEY);
    String raw = Base64.getEncoder().encodeToString(SigningKeys.raw(KEY));
    return Stream.of(
        Arguments.of(1, "vigil-keyring-1", "vigil-keyring-2", "format: expected one of"),
        Arguments.of(2, "scope: production", "scope: Prod", "scope: expected a name"),
        Arguments.of(4, "name: ada", "nam: ada", "expected one of the keys name"),
        Arguments.of(4, "name: ada", "name: ada b", "persons[0].name: expected a name"),
        Arguments.of(8, "name: bob", "name: ada", "expected a name that no other person has"),
        Arguments.of(5, "[author, approver]", "[author, boss]", "got boss"),
        Arguments.of(5, "[author, approver]", "[author, author]", "each at most once, got author"),
        Arguments.of(5, "[author, approver]", "[]", "expected a list of author"),
        Arguments.of(5, "[author, approver]", "author", "expected a list of author"),
        Arguments.of(7, key, "0123456789abcdef", "expected " + key + ", which is the id"),
        Arguments.of(7, raw, "%%%", "public: expected base64"),
        Arguments.of(7, raw, "AAAA", "expected an Ed25519 public key of 32 bytes"),
        Arguments.of(7, raw, Base64.getEncoder().encodeToString(off()), "a point of Ed25519"),
        Arguments.of(7, "2026-12-31}\n  - name: bob", "soon}\n  - name: bob", "a date such as"),
        Arguments.of(
            7, "2026-12-31}\n  - name: bob", "+999999999-12-31}\n  - name: bob", "a date such as"),
        Arguments.of(12, "revoked: false", "revoked: no", "expected one of"),
        Arguments.of(12, "    revoked: false", "    name: bob", "expected the key once"));
  }

  /** No point has this y. */
  private static byte[] off() {
    byte[] y = new byte[32];
    y[0] = 2;
    return y;
  }

  @ParameterizedTest
  @MethodSource("broken")
  void saysTheLineOfWhatIsWrong(int line, String from, String to, String message) {
    assertThat(VALID).contains(from);
    String yaml = VALID.replace(from, to);
    assertThatThrownBy(() -> Keyring.read(yaml, "keyring.yaml"))
        .isInstanceOf(ArtefactException.class)
        .hasMessageStartingWith("keyring.yaml:" + line + ": ")
        .hasMessageContaining(message);
  }

  @Test
  void aKeyIsOnePersonsOnly() {
    String bob = VALID.substring(VALID.indexOf("      - {id"), VALID.indexOf("  - name: bob"));
    String yaml = VALID.replaceAll("(?m)^      - \\{id.*revoked: true}\n", bob);
    assertThatThrownBy(() -> Keyring.read(yaml, "keyring.yaml"))
        .hasMessageStartingWith("keyring.yaml:11: ")
        .hasMessageContaining("a key that stands nowhere else");
  }

  @Test
  void enrolsKeysOfOldAndNewPersons() {
    PublicKey third = SigningKeys.generate().getPublic();
    LocalDate expires = LocalDate.of(2027, 1, 31);
    Keyring ring =
        Keyring.empty("local")
            .enrol("ada", EnumSet.of(Role.AUTHOR), KEY, expires)
            .enrol("ada", EnumSet.of(Role.OPERATOR), OTHER, expires)
            .enrol("bob", EnumSet.of(Role.APPROVER), third, expires);

    assertThat(ring.persons().get(0).roles()).containsExactly(Role.AUTHOR, Role.OPERATOR);
    assertThat(ring.persons().get(0).keys())
        .extracting(EnrolledKey::id)
        .containsExactly(SigningKeys.id(KEY), SigningKeys.id(OTHER));
    assertThat(ring.digest()).isEqualTo(Artefacts.digest(ring.toYaml()));
    assertThatThrownBy(() -> ring.enrol("cy", EnumSet.of(Role.AUTHOR), third, expires))
        .hasMessageContaining("expected a key that nobody has")
        .hasMessageContaining("of bob");
    PublicKey fourth = SigningKeys.generate().getPublic();
    assertThatThrownBy(() -> ring.enrol("cy", Set.of(), fourth, expires))
        .hasMessageContaining("expected at least one of author, approver, operator");
    assertThatThrownBy(() -> ring.enrol("Cy!", EnumSet.of(Role.AUTHOR), fourth, expires))
        .hasMessageContaining("name: expected a name");
  }

  @Test
  void keysComeBackFromTheirFiles() {
    KeyPair pair = SigningKeys.generate();
    String secret = SigningKeys.privatePem(pair.getPrivate());
    assertThat(SigningKeys.readPrivate(secret)).isEqualTo(pair.getPrivate());
    assertThat(SigningKeys.readPublic(SigningKeys.publicPem(pair.getPublic())))
        .isEqualTo(pair.getPublic());
    assertThat(SigningKeys.pair(pair.getPrivate(), pair.getPublic())).isTrue();
    assertThat(SigningKeys.pair(pair.getPrivate(), KEY)).isFalse();
    assertThatThrownBy(() -> SigningKeys.readPublic(secret))
        .hasMessage("expected one PEM block 'PUBLIC KEY', got PRIVATE KEY");
    assertThatThrownBy(() -> SigningKeys.readPrivate("hello"))
        .hasMessage("expected one PEM block 'PRIVATE KEY', got none");
  }

  /** RFC 8032, 7.1, test 2: the JDK's code and our formats make of it what the standard says. */
  @Test
  void signsAsTheStandardSays() {
    String seed = "TM0Imyj/ltqdtsNG7BFOD1uKMZ81q6Yk2oz27U+4pvs=";
    String pem =
        "-----BEGIN PRIVATE KEY-----\n"
            + Base64.getEncoder()
                .encodeToString(
                    concat(
                        HexFormat.of().parseHex("302e020100300506032b657004220420"),
                        Base64.getDecoder().decode(seed)))
            + "\n-----END PRIVATE KEY-----\n";
    byte[] signature = SigningKeys.sign(SigningKeys.readPrivate(pem), new byte[] {0x72});
    assertThat(HexFormat.of().formatHex(signature))
        .isEqualTo(
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
                + "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");
  }

  private static byte[] concat(byte[] one, byte[] other) {
    byte[] both = Arrays.copyOf(one, one.length + other.length);
    System.arraycopy(other, 0, both, one.length, other.length);
    return both;
  }
}
