// The words that the guess at parts of speech knows by heart: closed classes, verbs of captions,
// and what the rules for endings get wrong.
// SPDX-License-Identifier: Apache-2.0

enum EnglishWords {
  /// What stands before a noun phrase and is no part of it.
  static let determiners = """
    a an the this that these those some any each every no another both all either neither my your
    his her its our their whose which what such several many few much more most enough half own
    other certain various
    """

  static let numbers = """
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen
    sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety
    hundred hundreds thousand thousands million millions billion dozen dozens first second third
    fourth fifth sixth seventh eighth ninth tenth last next
    """

  static let conjunctions = "and or &"

  /// What makes the next word a noun or what describes one.
  static let articles = "a an the my your his its our their every no"

  /// Breakers that are nouns behind an article: "the back of the house".
  static let nounsBehindArticles = "back inside outside past well"

  /// After these a word that may be a verb is one.
  static let subjects = """
    to i you he she it we they who that which can could will would shall should may might must do
    does did don't doesn't didn't cannot can't won't let lets not
    """

  /// Plural nouns without an s.
  static let plurals = "people men women children police crowd team"

  static let adverbs = "very quite rather almost extremely"

  /// Prepositions, pronouns, particles and other words that end a noun phrase.
  static let breakers = """
    of in on at by for with from to into onto over under above below between among through
    during before after behind beside besides beneath near against along across around about off
    out up down upon within without towards toward via per like as than since until till despite
    inside outside underneath amid amidst alongside throughout beyond opposite versus vs past
    except including atop i you he she it we they me him us them who whom someone somebody
    something anyone anybody anything everyone everybody everything nobody nothing none myself
    yourself himself herself itself ourselves themselves mine yours hers ours theirs oneself but
    nor so yet because although though while if when where why how whether unless once whenever
    wherever there here not n't yes oh please hello etc away together apart forward backward
    ahead abroad upstairs downstairs indoors outdoors too also just even still only again always
    never ever often already now then soon today tonight yesterday tomorrow ago later twice
    maybe perhaps instead however therefore else well back
    """

  /// Verbs that are hardly ever nouns, in the forms that captions have.
  static let verbs = """
    is are was were be been being am isn't aren't wasn't weren't has have had having do does did
    don't doesn't didn't can could will would shall should may might must cannot can't won't let
    lets get gets got getting go goes went gone going make makes made making take takes took
    taken taking come comes came coming give gives gave given giving see sees saw seen seeing
    know knows knew known think thinks thought say says said tell tells told become becomes
    became becoming begin begins began begun keep keeps kept put puts sit sits sat stand stands
    stood lie lies lay lays laid lain hold holds held wear wears wore worn bring brings brought
    buy buys bought build builds built caught choose chooses chose chosen draw draws drew drawn
    eat eats ate eaten fell fallen feed feeds fed feel feels felt find finds found fly flies
    flew flown forget forgot forgotten grow grows grew grown hang hangs hung hear hears heard
    hide hides hid hidden leave lead leads led learn learns lose loses lost meet meets met pay
    pays paid read reads ride rides rode ridden rise rises risen ran sell sells sold send sends
    sent shake shakes shook shaken shine shines shone sing sings sang sung sleep sleeps slept
    speak speaks spoke spoken spend spends spent swim swims swam swum teach teaches taught threw
    thrown understand wake wakes woke won write writes wrote written add adds allow allows
    appear appears arrive arrives ask asks attend attends bear bears believe believes belong
    belongs carry carries celebrate celebrates climb climbs collect collects compete competes
    consider considers contain contains continue continues create creates depict depicts
    describe describes discover discovers discuss discusses enjoy enjoys enter enters explain
    explains explore explores follow follows gather gathers happen happens hug hugs illustrate
    illustrates include includes inspect inspects join joins kneel kneels knelt lean leans
    listen listens live lives need needs offer offers opens perform performs pose poses prepare
    prepares provide provides pull pulls reach reaches relax relaxes remain remains represent
    represents seem seems serve serves surround surrounds try tries use uses wait waits want
    wants wish wishes receive receives react reacts
    """

  /// Verbs that are nouns as often: the words around them decide. In their base form.
  static let ambiguousVerbs = """
    patrol
    play walk show watch drive dance work visit talk race smile laugh jump kick score pass shoot
    fight cut cook paint light rest drink shop kiss dress cover face head hand move turn point
    cross surf travel march protest battle tackle block return challenge address greet guard
    guide hike hit hunt land launch lift mark name order park photograph picture plan plant
    print raise record release report roll row sail sign slide snow rain stretch strike struggle
    study support sweep swing taste tour touch train view vote wash wave welcome answer bathe
    bike board call camp clean climb compete control cry display dive drop exercise fish
    float gaze hope interview love model practice promote push question rally reflect rescue
    ride rule search shout skate ski snowboard splash spread stare stroll tie trap warm whisper
    present share start stay stop fall look run win catch throw help set
    """

  /// Words in -ing that are nouns.
  static let ingNouns = """
    building wedding painting ceiling clothing morning evening ring king wing thing spring string
    swing sling earring darling sibling pudding dressing stocking meeting opening ending landing
    beginning crossing engraving lettering lighting railing seating setting feeling meaning blessing
    greeting recording housing heading rigging scaffolding bedding icing stuffing topping filling
    coating awning clearing hearing ruling wiring outing gathering offering marketing advertising
    engineering manufacturing banking farming gardening being packaging branding pricing training
    boxing wrestling racing living dining parking swimming shopping fishing sewing knitting
    boating lightning viking flooring siding paving herring pricing mooring molding moulding
    wellbeing covering plumbing roofing trimming drawing evenings mornings
    """

  /// Of these the ones that are a verb just as well: a noun before them makes them one.
  static let gerunds = """
    rendering painting meeting swimming shopping fishing sewing knitting boxing racing living dining parking
    training wrestling farming gardening drawing recording opening landing crossing greeting
    gathering covering feeling ending beginning heading setting boating hearing offering
    """

  /// Words in -ing that say how something is.
  static let ingAdjectives = """
    smiling flying running growing sleeping floating falling shining working rising glowing
    moving leading outstanding amazing stunning interesting charming surrounding existing
    winning exciting dancing matching boring inspiring relaxing blooming blossoming flowering
    burning sparkling rolling towering hanging laughing crying barking grazing aging aspiring
    breathtaking fascinating striking loving caring upcoming oncoming neighboring remaining
    """

  /// Words in -ed that are nouns, and in -ly that are nouns or adjectives.
  static let edNouns =
    "bed seed speed shed weed feed reed steed deed breed moped hundred sled bleed"
  static let lyNouns =
    "family butterfly fly jelly belly lily assembly supply bully ally rally italy"
  static let ableNouns = """
    table cable vegetable stable fable constable bible bubble marble handful spoonful cupful mouthful
    """

  static let adjectives = """
    close red yellow green blue purple pink brown black white gray grey golden beige turquoise scarlet
    teal colorful colourful bright dark pale multicolored big large small little tiny huge giant
    tall short long wide narrow thin thick deep high low full empty heavy sharp steep massive
    enormous mini vast broad old young new ancient modern vintage antique traditional
    contemporary medieval historic historical recent fresh elderly teenage adult good bad great
    nice best better worst pretty beautiful gorgeous lovely cute handsome ugly happy sad angry
    funny cool perfect real fake true false wrong right left wonderful fantastic excellent
    awesome popular famous favorite favourite special unique important main major minor hot cold
    warm wet dry dirty clean cloudy sunny rainy snowy foggy misty stormy windy frozen hard soft
    rough smooth wooden metallic rustic shiny glossy matte transparent rich poor strong weak
    fast slow quick busy quiet loud calm safe dangerous easy difficult simple complex free
    closed ready alone alive dead sick healthy hungry tired pregnant blind bald blond blonde
    brunette naked nude casual formal elegant stylish trendy fashionable sexy adorable married
    royal international global public private political social economic financial medical
    electronic industrial commercial professional natural organic tropical rural urban floral
    abstract geometric decorative seamless upper lower inner outer middle central northern
    southern eastern western current former previous entire whole same different similar
    available possible american british english french german italian spanish chinese japanese
    indian african asian european mexican canadian australian russian korean thai greek asleep
    awake aware afraid ill glad early late fine local front
    """

  static let lyAdjectives =
    "lovely elderly early friendly daily weekly monthly ugly lonely curly silly"

  static let irregularPlurals: [Word: [UInt8]] = {
    let pairs = """
      men man women woman children child feet foot teeth tooth geese goose mice mouse oxen ox
      leaves leaf knives knife wives wife lives life shelves shelf wolves wolf halves half loaves
      loaf thieves thief calves calf scarves scarf hooves hoof elves elf selves self
      movies movie cookies cookie zombies zombie selfies selfie brownies brownie hoodies hoodie
      birdies birdie calories calorie smoothies smoothie ties tie pies pie dies die
      shoes shoe canoes canoe toes toe horseshoes horseshoe
      buses bus lenses lens gases gas quizzes quiz axes axe caches cache headaches headache
      policemen policeman firemen fireman fishermen fisherman businessmen businessman
      policewomen policewoman businesswomen businesswoman sportsmen sportsman snowmen snowman
      grandchildren grandchild schoolchildren schoolchild
      cacti cactus fungi fungus stimuli stimulus nuclei nucleus bacteria bacterium criteria
      criterion phenomena phenomenon crises crisis oases oasis
      """
    let words = pairs.utf8.split { $0 == 0x20 || $0 == 0x0A }
    var singulars: [Word: [UInt8]] = [:]
    for place in stride(from: 0, to: words.count - 1, by: 2) {
      if let plural = Word(words[place]) { singulars[plural] = Array(words[place + 1]) }
    }
    // Singular or without one.
    for word in same.utf8.split(whereSeparator: { $0 == 0x20 || $0 == 0x0A }) {
      if let key = Word(word) { singulars[key] = Array(word) }
    }
    return singulars
  }()

  private static let same = """
    series species news jeans pants trousers shorts scissors clothes sunglasses tights leggings
    physics mathematics athletics gymnastics politics economics graphics headquarters barracks
    lens gas bus canvas christmas atlas texas paris kansas dallas las los angeles james thomas
    charles sports goods thanks surroundings outskirts remains stairs binoculars headphones pajamas
    always tennis chess
    """
}
