// The templates' long texts: what the published models were trained with, down to the last space.
// SPDX-License-Identifier: Apache-2.0

extension ConversationTemplate {
  static let humanSystem = """
    A chat between a curious human and an artificial intelligence assistant. The assistant gives \
    helpful, detailed, and polite answers to the human's questions.
    """

  static let userSystem = """
    A chat between a curious user and an artificial intelligence assistant. The assistant gives \
    helpful, detailed, and polite answers to the user's questions.
    """

  /// No space follows "language.": LLaVA's own text lacks it.
  static let markupSystem = """
    A chat between a curious user and an artificial intelligence assistant. The assistant is able \
    to understand the visual content that the user provides, and assist the user with a variety of \
    tasks using natural language.The visual content will be provided with the following format: \
    <Image>visual content</Image>.
    """

  static let visionSystem = """
    You are a helpful language and vision assistant. You are able to understand the visual content \
    that the user provides, and assist the user with a variety of tasks using natural language.
    """

  /// Two spaces follow "while being safe.".
  static let llama2System = """
    You are a helpful, respectful and honest assistant. Always answer as helpfully as possible, \
    while being safe.  Your answers should not include any harmful, unethical, racist, sexist, \
    toxic, dangerous, or illegal content. Please ensure that your responses are socially unbiased \
    and positive in nature.

    If a question does not make any sense, or is not factually coherent, explain why instead of \
    answering something not correct. If you don't know the answer to a question, please don't \
    share false information.
    """

  static let mptSystem = """
    <|im_start|>system
    A conversation between a user and an LLM-based AI assistant. The assistant gives helpful and \
    honest answers.
    """

  /// Vicuna's example exchange, which the keys `default` and `v0` put before every dialogue.
  static let energyPreset = [
    "What are the key differences between renewable and non-renewable energy sources?",
    """
    Renewable energy sources are those that can be replenished naturally in a relatively short \
    amount of time, such as solar, wind, hydro, geothermal, and biomass. Non-renewable energy \
    sources, on the other hand, are finite and will eventually be depleted, such as coal, oil, and \
    natural gas. Here are some key differences between renewable and non-renewable energy sources:
    1. Availability: Renewable energy sources are virtually inexhaustible, while non-renewable \
    energy sources are finite and will eventually run out.
    2. Environmental impact: Renewable energy sources have a much lower environmental impact than \
    non-renewable sources, which can lead to air and water pollution, greenhouse gas emissions, \
    and other negative effects.
    3. Cost: Renewable energy sources can be more expensive to initially set up, but they \
    typically have lower operational costs than non-renewable sources.
    4. Reliability: Renewable energy sources are often more reliable and can be used in more \
    remote locations than non-renewable sources.
    5. Flexibility: Renewable energy sources are often more flexible and can be adapted to \
    different situations and needs, while non-renewable sources are more rigid and inflexible.
    6. Sustainability: Renewable energy sources are more sustainable over the long term, while \
    non-renewable sources are not, and their depletion can lead to economic and social instability.

    """,
  ]
}
