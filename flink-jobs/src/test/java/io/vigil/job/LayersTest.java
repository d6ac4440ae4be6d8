package io.vigil.job;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "io.vigil", importOptions = ImportOption.DoNotIncludeTests.class)
class LayersTest {
  @ArchTest
  static final ArchRule MODELS_KNOW_NO_FRAMEWORK =
      noClasses()
          .that()
          .resideInAPackage("io.vigil.model..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "org.apache.flink..",
              "org.apache.kafka..",
              "org.apache.avro..",
              "io.vigil.schema..",
              "io.vigil.job..");

  @ArchTest
  static final ArchRule ONLY_THE_ADAPTER_KNOWS_DJL =
      noClasses()
          .that()
          .resideInAPackage("io.vigil..")
          .and()
          .resideOutsideOfPackage("io.vigil.model.torch..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("ai.djl..");

  @ArchTest
  static final ArchRule SCHEMAS_KNOW_NOBODY =
      noClasses()
          .that()
          .resideInAPackage("io.vigil.schema..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("io.vigil.model..", "io.vigil.job..", "org.apache.flink..");

  @ArchTest
  static final ArchRule THE_TOPOLOGY_KNOWS_NO_BROKER =
      noClasses()
          .that()
          .resideInAnyPackage(
              "io.vigil.job.order..",
              "io.vigil.job.dedupe..",
              "io.vigil.job.feature..",
              "io.vigil.job.decide..",
              "io.vigil.job.record..")
          .or()
          .haveSimpleName("Topology")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("org.apache.kafka..", "org.apache.flink.connector.kafka..");

  @ArchTest
  static final ArchRule NO_WALL_CLOCK_IN_THE_CORE =
      noClasses()
          .that()
          .resideInAnyPackage("io.vigil.model..", "io.vigil.schema..", "io.vigil.job..")
          .should()
          .callMethod(System.class, "currentTimeMillis")
          .orShould()
          .callMethod(java.time.Instant.class, "now")
          .orShould()
          .callMethod(System.class, "nanoTime");

  @ArchTest
  static final ArchRule STRICT_ARITHMETIC_IN_THE_CORE =
      noClasses()
          .that()
          .resideInAPackage("io.vigil.model..")
          .should()
          .callMethod(Math.class, "exp", double.class)
          .orShould()
          .callMethod(Math.class, "log", double.class)
          .orShould()
          .callMethod(Math.class, "pow", double.class, double.class)
          .orShould()
          .callMethod(Math.class, "sin", double.class)
          .orShould()
          .callMethod(Math.class, "cos", double.class);

  @ArchTest
  static final ArchRule ONLY_MAINS_PRINT =
      noClasses()
          .that()
          .resideInAnyPackage("io.vigil.model..", "io.vigil.schema..", "io.vigil.job..")
          .and()
          .doNotHaveSimpleName("LocalJob")
          .should()
          .accessField(System.class, "out")
          .orShould()
          .accessField(System.class, "err");

  @ArchTest
  static final ArchRule NO_CYCLES_IN_THE_MODELS =
      slices().matching("io.vigil.model.(*)..").should().beFreeOfCycles();
}
