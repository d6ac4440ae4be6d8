package io.vigil.model.proof;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class MerkleTest {
  /** The leaves and roots by which Certificate Transparency's implementations are tested. */
  private static final List<String> LEAVES =
      List.of(
          "",
          "00",
          "10",
          "2021",
          "3031",
          "40414243",
          "5051525354555657",
          "606162636465666768696a6b6c6d6e6f");

  private static final List<String> ROOTS =
      List.of(
          "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
          "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
          "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
          "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
          "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
          "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
          "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
          "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328");

  private final MerkleHash hash = new MerkleHash();
  private final MerkleProofs proofs = new MerkleProofs(hash);

  @Test
  void hasTheRootsOfCertificateTransparency() {
    MerkleAccumulator tree = new MerkleAccumulator(hash);
    assertThat(HexFormat.of().formatHex(tree.root()))
        .isEqualTo("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    for (int i = 0; i < LEAVES.size(); i++) {
      tree.add(hash.leaf(HexFormat.of().parseHex(LEAVES.get(i))));
      assertThat(HexFormat.of().formatHex(tree.root())).isEqualTo(ROOTS.get(i));
      assertThat(tree.size()).isEqualTo(i + 1);
    }
  }

  @Test
  void hasTheProofsOfCertificateTransparency() {
    List<byte[]> leaves =
        LEAVES.stream().map(leaf -> hash.leaf(HexFormat.of().parseHex(leaf))).toList();

    assertThat(proofs.inclusion(leaves, 5).stream().map(HexFormat.of()::formatHex))
        .containsExactly(
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7");
    assertThat(proofs.consistency(leaves, 6).stream().map(HexFormat.of()::formatHex))
        .containsExactly(
            "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7");
  }

  @Property(tries = 300)
  void isWhatTheDefinitionSays(@ForAll @IntRange(max = 300) int size, @ForAll long seed)
      throws IOException {
    List<byte[]> leaves = leaves(size, seed);
    MerkleAccumulator tree = new MerkleAccumulator(hash);
    int restart = size == 0 ? 0 : new Random(seed).nextInt(size);
    for (int i = 0; i < size; i++) {
      if (i == restart) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        tree.write(new DataOutputStream(bytes));
        tree =
            MerkleAccumulator.read(
                new DataInputStream(new ByteArrayInputStream(bytes.toByteArray())), hash);
      }
      tree.add(leaves.get(i).clone());
    }
    assertThat(tree.root()).isEqualTo(naive(leaves));
    assertThat(tree.root()).as("asking changes nothing").isEqualTo(naive(leaves));
  }

  @Property(tries = 300)
  void provesWhatIsThereAndNothingElse(
      @ForAll @IntRange(min = 1, max = 200) int size, @ForAll long seed) {
    Random random = new Random(seed);
    List<byte[]> leaves = leaves(size, seed);
    byte[] root = naive(leaves);
    int index = random.nextInt(size);
    List<byte[]> path = proofs.inclusion(leaves, index);

    assertThat(proofs.includes(leaves.get(index), index, size, path, root)).isTrue();

    assertThat(proofs.includes(leaves.get(index), index, size, path, altered(root, random)))
        .isFalse();
    assertThat(proofs.includes(altered(leaves.get(index), random), index, size, path, root))
        .isFalse();
    if (size > 1) {
      int other = (index + 1 + random.nextInt(size - 1)) % size;
      assertThat(proofs.includes(leaves.get(index), other, size, path, root)).isFalse();
      int at = random.nextInt(path.size());
      List<byte[]> wrong = new ArrayList<>(path);
      wrong.set(at, altered(path.get(at), random));
      assertThat(proofs.includes(leaves.get(index), index, size, wrong, root)).isFalse();
      wrong = new ArrayList<>(path);
      wrong.remove(at);
      assertThat(proofs.includes(leaves.get(index), index, size, wrong, root)).isFalse();
    }
    List<byte[]> longer = new ArrayList<>(path);
    longer.add(root);
    assertThat(proofs.includes(leaves.get(index), index, size, longer, root)).isFalse();
    assertThat(proofs.includes(leaves.get(index), index, index, path, root)).isFalse();
    assertThat(proofs.includes(leaves.get(index), -1, size, path, root)).isFalse();
  }

  @Property(tries = 300)
  void aLaterTreeGoesOnWithTheEarlierOne(
      @ForAll @IntRange(min = 1, max = 200) int size, @ForAll long seed) {
    Random random = new Random(seed);
    List<byte[]> leaves = leaves(size, seed);
    int before = 1 + random.nextInt(size);
    byte[] earlier = naive(leaves.subList(0, before));
    byte[] later = naive(leaves);
    List<byte[]> proof = proofs.consistency(leaves, before);

    assertThat(proofs.consistent(before, earlier, size, later, proof)).isTrue();

    assertThat(proofs.consistent(before, altered(earlier, random), size, later, proof)).isFalse();
    assertThat(proofs.consistent(before, earlier, size, altered(later, random), proof)).isFalse();
    if (!proof.isEmpty()) {
      int at = random.nextInt(proof.size());
      List<byte[]> wrong = new ArrayList<>(proof);
      wrong.set(at, altered(proof.get(at), random));
      assertThat(proofs.consistent(before, earlier, size, later, wrong)).isFalse();
      wrong = new ArrayList<>(proof);
      wrong.remove(at);
      assertThat(proofs.consistent(before, earlier, size, later, wrong)).isFalse();
    }
    // A past that was rewritten is no beginning, whatever the proof says.
    List<byte[]> rewritten = new ArrayList<>(leaves);
    rewritten.set(random.nextInt(before), hash.leaf(new byte[] {1, 2, 3}));
    assertThat(
            proofs.consistent(
                before, earlier, size, naive(rewritten), proofs.consistency(rewritten, before)))
        .isFalse();
  }

  /** MTH as RFC 6962, section 2.1, defines it. */
  private byte[] naive(List<byte[]> leaves) {
    if (leaves.isEmpty()) {
      return hash.empty();
    }
    if (leaves.size() == 1) {
      return leaves.get(0);
    }
    int split = 1;
    while (split * 2 < leaves.size()) {
      split *= 2;
    }
    return hash.node(naive(leaves.subList(0, split)), naive(leaves.subList(split, leaves.size())));
  }

  private List<byte[]> leaves(int size, long seed) {
    Random random = new Random(seed);
    List<byte[]> leaves = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      byte[] bytes = new byte[random.nextInt(40)];
      random.nextBytes(bytes);
      leaves.add(hash.leaf(bytes));
    }
    return leaves;
  }

  private static byte[] altered(byte[] bytes, Random random) {
    byte[] other = bytes.clone();
    other[random.nextInt(other.length)] ^= (byte) (1 << random.nextInt(8));
    return other;
  }
}
