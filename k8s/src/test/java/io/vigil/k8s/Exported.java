package io.vigil.k8s;

import java.util.Set;

final class Exported {
  static Set<String> always() {
    return Set.of();
  }
}
